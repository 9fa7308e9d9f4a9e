/**
 * A configuration as bytes: what an entry of kind `configuration` carries, and what a snapshot says
 * about who took part (§5.1). Compact and fixed, since it outlives the program that wrote it; what
 * does not decode into a possible configuration is refused whole.
 *
 * Layout: a version byte; a byte that is 1 where the configuration is joint and 0 otherwise;
 * the voters, the old voters where it is joint, and the learners, each group as a count and its
 * names; then the addresses, as a count and so many pairs of name and address. Version 2 has the
 * incarnations after that, as a count and so many pairs of name and number; where there are none it
 * is version 1. Counts and lengths of texts are two bytes, incarnations eight, the high one first;
 * texts are UTF-8.
 */
import { assert } from '../base/assert.ts'
import { utf8Decode, utf8Encode } from '../base/bytes.ts'
import { type Configuration, configurationProblem, withIncarnations } from './configuration.ts'
import type { ServerId } from './types.ts'

/**
 * The longest encoding; it bounds names, addresses and servers alike. A hundred servers with names
 * and addresses of a hundred bytes take a third of it.
 */
export const configurationBytesMax: number = 64 * 1024 - 1

const version = 1
const versionWithIncarnations = 2

/** The bytes of a configuration that is no longer than `configurationBytesMax`. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const bytes = writeConfiguration(configuration)
  assert(bytes.length <= configurationBytesMax, 'a configuration has a bound')
  return bytes
}

/** Whether it can be encoded: names and addresses of what is asked for may be of any length. */
export function fitsEncoding(configuration: Configuration): boolean {
  const { voters, votersOld, learners, addresses, incarnations = new Map() } = configuration
  const ids = [...voters, ...(votersOld ?? []), ...learners, ...incarnations.keys()]
  // Each incarnation takes as much as a text of six characters.
  const texts = [...ids, ...[...addresses].flat(), ...[...incarnations].map(() => '000000')]
  // A character takes a byte or more: what is far too long is not encoded first.
  const least = texts.reduce((sum, text) => sum + text.length + 2, 0)
  return least <= configurationBytesMax && bytesOf(texts) <= configurationBytesMax
}

/** The length at most, from the texts: twelve bytes for the version, the flag, five counts. */
function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + 2 + utf8Encode(text).length, 12)
}

function writeConfiguration(configuration: Configuration): Uint8Array {
  const { voters, votersOld, learners, addresses, incarnations = new Map() } = configuration
  const written = incarnations.size === 0 ? version : versionWithIncarnations
  const bytes: number[] = [written, votersOld === null ? 0 : 1]
  for (const group of votersOld === null ? [voters, learners] : [voters, votersOld, learners]) {
    writeNumber(bytes, group.length)
    for (const id of group) writeText(bytes, id)
  }
  writeNumber(bytes, addresses.size)
  for (const [id, address] of addresses) {
    writeText(bytes, id)
    writeText(bytes, address)
  }
  if (incarnations.size > 0) writeNumber(bytes, incarnations.size)
  for (const [id, incarnation] of incarnations) {
    writeText(bytes, id)
    writeIncarnation(bytes, incarnation)
  }
  return Uint8Array.from(bytes)
}

function writeIncarnation(bytes: number[], incarnation: number): void {
  for (let i = 3; i >= 0; i--) writeNumber(bytes, Math.floor(incarnation / 65_536 ** i) % 65_536)
}

function writeNumber(bytes: number[], value: number): void {
  assert(value <= 0xffff, 'counts and lengths fit into two bytes')
  bytes.push(value >>> 8, value & 0xff)
}

function writeText(bytes: number[], text: string): void {
  const encoded = utf8Encode(text)
  writeNumber(bytes, encoded.length)
  for (const byte of encoded) bytes.push(byte)
}

/** The configuration in these bytes; null where they hold none, or one that cannot be. */
export function decodeConfiguration(bytes: Uint8Array): Configuration | null {
  if (bytes.length > configurationBytesMax) return null
  const reader = new Reader(bytes)
  const written = reader.byte()
  if (written !== version && written !== versionWithIncarnations) return null
  const joint = reader.byte()
  if (joint !== 0 && joint !== 1) return null
  const voters = reader.group()
  const votersOld = joint === 1 ? reader.group() : null
  const learners = reader.group()
  const addresses = reader.pairs(() => reader.text())
  const incarnations =
    written === version ? new Map<ServerId, number>() : reader.pairs(() => reader.incarnation())
  if (!reader.isRead || addresses === null || incarnations === null) return null
  // One configuration has one encoding.
  if ((incarnations.size === 0) !== (written === version)) return null
  const parts = { voters, votersOld, learners, addresses }
  const configuration: Configuration = { ...parts, ...withIncarnations(incarnations) }
  return configurationProblem(configuration) === null ? configuration : null
}

/** Reads on after the end as zeros, and knows in the end that it did. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  #isBroken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Everything was read, and nothing more. */
  get isRead(): boolean {
    return !this.#isBroken && this.#at === this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#at]
    this.#at += 1
    if (value === undefined) this.#isBroken = true
    return value ?? 0
  }

  group(): ServerId[] {
    const ids: ServerId[] = []
    for (let left = this.#number(); left > 0 && !this.#isBroken; left--) ids.push(this.text())
    return ids
  }

  /** So many names, each with what belongs to it; null where one comes twice. */
  pairs<Value>(read: () => Value): Map<ServerId, Value> | null {
    const pairs = new Map<ServerId, Value>()
    const count = this.#number()
    for (let left = count; left > 0 && !this.#isBroken; left--) pairs.set(this.text(), read())
    return pairs.size === count ? pairs : null
  }

  incarnation(): number {
    let value = 0
    for (let i = 0; i < 4; i++) value = value * 65_536 + this.#number()
    return value
  }

  #number(): number {
    return (this.byte() << 8) | this.byte()
  }

  text(): string {
    const length = this.#number()
    const end = this.#at + length
    const text = end > this.#bytes.length ? null : utf8Decode(this.#bytes.subarray(this.#at, end))
    if (text === null) this.#isBroken = true
    this.#at = end
    return text ?? ''
  }
}
