/**
 * Values as JSON in UTF-8. Stricter than JSON.stringify, which quietly turns NaN into null and a
 * Map into an empty object: what JSON cannot hold is an error that says where it stands.
 */
import { noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Codec } from './codec.ts'

/** How deep a value may be nested that comes from outside. */
export const jsonDepthMax = 200

/** The same for a value that goes out: a machine may put what it was given into something else. */
const encodedDepthMax = 1000

/** A value that is no JSON, or bytes that are none. */
export class JsonError extends Error {
  readonly code = 'NOT_JSON'
  override readonly name = 'JsonError'
}

/**
 * The codec for values of type `T`: null, booleans, finite numbers, strings, arrays and plain
 * objects of these. `undefined` is no bytes at all; an undefined member of an object is left out.
 *
 * `check` makes a `T` of what was decoded, or throws: a client may send anything, and what is no
 * `T` would make the machine fail, on every server. A schema's `parse` does it. Without one,
 * whatever is JSON is taken for a `T`.
 */
export function jsonCodec<T = unknown>(
  check: (value: unknown) => T = (value) => value as T,
): Codec<T> {
  return { encode, decode: (bytes) => check(decode(bytes)) }
}

function encode(value: unknown): Uint8Array {
  if (value === undefined) return noBytes
  checkJson(value, 'the value', encodedDepthMax)
  return utf8Encode(JSON.stringify(value))
}

function decode(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  const text = utf8Decode(bytes)
  if (text === null) throw new JsonError('the bytes are no UTF-8')
  const value = parse(text)
  checkJson(value, 'the value', jsonDepthMax)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonError('the text is no JSON')
  }
}

function checkJson(value: unknown, where: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw new JsonError(`${where} is ${value}: JSON cannot hold it`)
      return
    case 'object':
      if (value !== null) checkMembers(value, where, depth)
      return
    default:
      throw new JsonError(`${where} is ${withArticle(typeof value)}: JSON cannot hold it`)
  }
}

function checkMembers(value: object, where: string, depth: number): void {
  if (depth === 0) throw new JsonError('the value is nested too deep, or contains itself')
  if (Array.isArray(value)) {
    // Not forEach, which would pass over holes.
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${where}[${i}]`, depth - 1)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const kind = (value as { constructor?: { name?: string } }).constructor?.name ?? 'object'
    throw new JsonError(`${where} is ${withArticle(kind)}: JSON cannot hold it`)
  }
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) checkJson(member, `${where}.${name}`, depth - 1)
  }
}

function withArticle(noun: string): string {
  if (noun === 'undefined') return noun
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`
}
