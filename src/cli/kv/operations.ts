/** The operations of `kontiki kv`: each on a store, and what there is to say afterwards. */
import type {
  Consistency,
  KeyValueChange,
  KeyValueConflict,
  KeyValueEntry,
  KeyValueRevision,
  KeyValueStore,
} from '../../library/index.ts'
import { type Encoding, encodeValue, jsonValue, onOneLine } from './encoding.ts'

/** What came of an operation. */
export interface Reply {
  /** For standard output: bytes as they are, or lines. */
  readonly output: Uint8Array | string
  readonly json: object
  /** Why the status is 3, in words: what was expected is not so. Null: it is 0. */
  readonly complaint: string | null
}

export interface OperationContext {
  readonly store: KeyValueStore
  readonly encoding: Encoding
  /** What is left of the operation's time, for each of its parts. */
  readonly settings: () => { readonly timeoutMs: number; readonly signal: AbortSignal }
}

export interface Expectation {
  readonly expectVersion?: number
  readonly expectIndex?: number
}

export interface ListOptions {
  readonly consistency: Consistency
  readonly limit: number
  readonly after: string
  readonly keysOnly: boolean
}

/** The machine's own limit for a page. */
const pageMax = 1000

export async function get(
  { store, encoding, settings }: OperationContext,
  key: string,
  options: { readonly consistency: Consistency; readonly raw: boolean },
): Promise<Reply> {
  const entry = await store.get(key, { ...settings(), consistency: options.consistency })
  if (entry === null) return absent(key)
  const value = encodeValue(entry.value, encoding)
  return done(options.raw ? value : Buffer.concat([value, newline]), entryJson(entry, encoding))
}

const newline = Buffer.from('\n')

export async function put(
  { store, settings }: OperationContext,
  key: string,
  value: Uint8Array,
  expected: Expectation,
): Promise<Reply> {
  return changed(key, await store.put(key, value, { ...settings(), ...condition(expected) }))
}

export async function compareAndSet(
  { store, settings }: OperationContext,
  key: string,
  expected: Uint8Array,
  value: Uint8Array,
): Promise<Reply> {
  return changed(key, await store.compareAndSet(key, expected, value, settings()))
}

export async function append(
  { store, settings }: OperationContext,
  key: string,
  value: Uint8Array,
): Promise<Reply> {
  return changed(key, await store.append(key, value, settings()))
}

export async function increment(
  { store, settings }: OperationContext,
  key: string,
  by: number,
): Promise<Reply> {
  const { value, revision } = await store.increment(key, by, settings())
  return done(`${value}\n`, { kind: 'incremented', key, value, ...revision })
}

export async function remove(
  { store, settings }: OperationContext,
  key: string,
  expected: Expectation,
): Promise<Reply> {
  const result = await store.delete(key, { ...settings(), ...condition(expected) })
  if (result.kind === 'conflict') return conflict(key, result)
  return result.existed ? done('deleted\n', { kind: 'deleted', key }) : absent(key)
}

/** As many keys as are asked for, in pages, each the state of its own moment. */
export async function list(
  { store, encoding, settings }: OperationContext,
  prefix: string,
  { consistency, limit, after, keysOnly }: ListOptions,
): Promise<Reply> {
  const entries: KeyValueEntry[] = []
  let next: string | null = after
  while (next !== null && entries.length < limit) {
    const asked = Math.min(limit - entries.length, pageMax)
    const where = { prefix, after: next, limit: asked, keysOnly }
    const page = await store.list({ ...where, consistency, ...settings() })
    entries.push(...page.entries)
    next = page.next
  }
  const lines = entries.map((entry) => listLine(entry, encoding, keysOnly))
  const shown = entries.map((entry) => (keysOnly ? keyJson(entry) : entryJson(entry, encoding)))
  return done(lines.join(''), { kind: 'page', entries: shown, next })
}

function listLine({ key, value }: KeyValueEntry, encoding: Encoding, keysOnly: boolean): string {
  const name = onOneLine(Buffer.from(key), 'text')
  return keysOnly ? `${name}\n` : `${name}\t${onOneLine(value, encoding)}\n`
}

function condition({ expectVersion, expectIndex }: Expectation): {
  readonly expectedVersion?: number
  readonly expectedModificationIndex?: number
} {
  return {
    ...(expectVersion === undefined ? {} : { expectedVersion: expectVersion }),
    ...(expectIndex === undefined ? {} : { expectedModificationIndex: expectIndex }),
  }
}

function changed(key: string, result: KeyValueChange | KeyValueConflict): Reply {
  if (result.kind === 'conflict') return conflict(key, result)
  const { revision } = result
  return done(`${revisionText(revision)}\n`, { kind: 'changed', key, ...revision })
}

function revisionText({ version, modificationIndex }: KeyValueRevision): string {
  return `version ${version} index ${modificationIndex}`
}

function conflict(key: string, { current }: KeyValueConflict): Reply {
  const found = current === null ? 'is not there' : `has ${revisionText(current)}`
  const complaint = `conflict: ${key} ${found}; nothing was changed`
  return { output: '', json: { kind: 'conflict', key, current }, complaint }
}

function absent(key: string): Reply {
  return { output: '', json: { kind: 'absent', key }, complaint: `${key} is not there` }
}

function done(output: Uint8Array | string, json: object): Reply {
  return { output, json, complaint: null }
}

function keyJson({ key, version, createIndex, modificationIndex }: KeyValueEntry): object {
  return { key, version, createIndex, modificationIndex }
}

function entryJson(entry: KeyValueEntry, encoding: Encoding): object {
  const { key, version, createIndex, modificationIndex } = entry
  return { key, ...jsonValue(entry.value, encoding), version, createIndex, modificationIndex }
}
