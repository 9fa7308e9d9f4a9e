/**
 * The frames that a TCP connection sends for itself: a hello by which a server says who it is and
 * whom it wants, the welcome or refusal that answers, and ping and pong. A client needs none of
 * them. docs/wire.md has them byte by byte.
 */
import { assert } from '../base/assert.ts'
import { utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Lane } from '../ports/index.ts'

/**
 * What a server has to do with its cluster: it takes part in one, is to found one together with
 * others, or is to join one that there is. Only who takes part has ever promised anything.
 */
export type Standing = 'member' | 'founding' | 'joining'

/**
 * One life of a server's process with its data directory, from opening to closing, and what it had
 * when that began. Where nothing is kept there is none: all 0.
 */
export interface Life {
  /** How often the directory has been opened. */
  readonly start: number
  /** Drawn at that opening: two copies of one directory draw two. */
  readonly startId: number
  readonly term: number
  readonly lastIndex: number
  /** Its log was given up, and counts from this term on; 0: it never was. */
  readonly refillTerm: number
}

export const noLife: Life = { start: 0, startId: 0, term: 0, lastIndex: 0, refillTerm: 0 }

/** Who a server is. Empty and 0: not known, and not checked. */
export interface TcpIdentity {
  readonly clusterId: string
  readonly serverId: string
  /** Drawn when the server's data directory was made: another one means that it lost its memory. */
  readonly incarnation: number
  readonly standing: Standing
  /** The newest configuration that it knows to be committed, by its place in the log; 0: none. */
  readonly settledIndex: number
  /** Whether the newest configuration that it has names it, and with this incarnation. */
  readonly isNamed: boolean
  readonly life: Life
}

/** The first frame of a connection between servers. */
export interface Hello {
  readonly kind: 'hello'
  readonly lane: Lane
  /** Who is speaking. */
  readonly from: TcpIdentity
  /** Where the speaker can be reached; '' where it does not say. */
  readonly address: string
  /** Whom it wants to speak to. */
  readonly to: string
  readonly toIncarnation: number
}

/** Why a connection is not taken, or is ended: codes for programs, a line for people. */
export const refusalCodes = [
  'NOT_OUR_PROTOCOL',
  'OTHER_CLUSTER',
  'OTHER_SERVER',
  'OTHER_INCARNATION',
  'SAME_SERVER',
  'TOO_MANY_CONNECTIONS',
  'FRAME_TOO_LARGE',
  'NO_ROOM',
  'REPLACED',
  'STOPPING',
  'DATA_LOST',
  'NOT_FOUNDED',
  'DATA_OLD',
  'OTHER_COPY',
  'NAME_TAKEN',
] as const
export type RefusalCode = (typeof refusalCodes)[number]

export type ControlFrame =
  | Hello
  | { readonly kind: 'welcome'; readonly identity: TcpIdentity }
  | { readonly kind: 'refusal'; readonly code: RefusalCode; readonly text: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }

/** The first byte of each kind. */
const kinds = ['', 'ping', 'pong', 'hello', 'welcome', 'refusal'] as const

/** By their numbers in a hello. */
const lanes: readonly Lane[] = ['normal', 'bulk']

/** By their numbers in an identity. */
const standings: readonly Standing[] = ['member', 'founding', 'joining']

/** The second byte of hello and welcome. A hello of another version is refused. */
const version = 2

/** Longer names are none of ours. */
const nameBytesMax = 255

export const ping: Uint8Array = Uint8Array.of(kinds.indexOf('ping'))
export const pong: Uint8Array = Uint8Array.of(kinds.indexOf('pong'))

/** True where `name` can stand in a hello. */
export function isName(name: string): boolean {
  return utf8Encode(name).length <= nameBytesMax
}

export function encodeHello(hello: Hello): Uint8Array {
  const { from, address, to, toIncarnation } = hello
  return Uint8Array.from([
    kinds.indexOf('hello'),
    version,
    lanes.indexOf(hello.lane),
    ...identityBytes(from),
    ...nameBytes(address),
    ...nameBytes(to),
    ...numberBytes(toIncarnation),
  ])
}

export function encodeWelcome(identity: TcpIdentity): Uint8Array {
  return Uint8Array.from([kinds.indexOf('welcome'), version, ...identityBytes(identity)])
}

/** `text` is cut at 255 bytes of UTF-8, between two characters. */
export function encodeRefusal(code: RefusalCode, text: string): Uint8Array {
  const whole = utf8Encode(text)
  const said = whole.subarray(0, cutOf(whole))
  const bytes = [refusalCodes.indexOf(code), said.length, ...said]
  return Uint8Array.from([kinds.indexOf('refusal'), ...bytes])
}

/** Where a text of so many bytes at most ends: the bytes that go on with a character begin none. */
function cutOf(bytes: Uint8Array): number {
  let end = Math.min(bytes.length, nameBytesMax)
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return end
}

/** What the frame says, or null where it says nothing that we know. */
export function decodeControlFrame(bytes: Uint8Array): ControlFrame | null {
  const reader = new Reader(bytes)
  const frame = decode(reader)
  return reader.isWhole ? frame : null
}

function decode(reader: Reader): ControlFrame | null {
  const kind = kinds[reader.byte()] ?? ''
  switch (kind) {
    case '':
      return null
    case 'ping':
    case 'pong':
      return { kind }
    case 'hello': {
      if (reader.byte() !== version) return null
      const lane = lanes[reader.byte()]
      const [from, address] = [reader.identity(), reader.name()]
      const [to, toIncarnation] = [reader.name(), reader.number()]
      return lane === undefined ? null : { kind, lane, from, address, to, toIncarnation }
    }
    case 'welcome':
      return reader.byte() === version ? { kind, identity: reader.identity() } : null
    case 'refusal': {
      const code = refusalCodes[reader.byte()]
      const text = reader.name()
      return code === undefined ? null : { kind, code, text }
    }
  }
}

function identityBytes(identity: TcpIdentity): number[] {
  const { clusterId, serverId, incarnation, standing, settledIndex, isNamed, life } = identity
  const who = [...nameBytes(clusterId), ...nameBytes(serverId), ...numberBytes(incarnation)]
  const known = [standings.indexOf(standing), ...numberBytes(settledIndex), isNamed ? 1 : 0]
  const { start, startId, term, lastIndex, refillTerm } = life
  const begun = [start, startId, term, lastIndex, refillTerm]
  return [...who, ...known, ...begun.flatMap(numberBytes)]
}

function nameBytes(name: string): number[] {
  const bytes = utf8Encode(name)
  assert(bytes.length <= nameBytesMax, 'a name in a hello has 255 bytes at most')
  return [bytes.length, ...bytes]
}

/** Eight bytes, the highest first. */
function numberBytes(value: number): number[] {
  assert(Number.isSafeInteger(value) && value >= 0, 'a number in a hello is safe')
  const bytes: number[] = []
  for (let rest = value; bytes.length < 8; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}

/** Reads on; past the end, or past what can be, it is no longer whole. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  #isBroken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** True where everything was there, and nothing was left. */
  get isWhole(): boolean {
    return !this.#isBroken && this.#at === this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) this.#isBroken = true
    return byte ?? 0
  }

  number(): number {
    let value = 0
    for (let i = 0; i < 8; i++) value = value * 256 + this.byte()
    if (!Number.isSafeInteger(value)) this.#isBroken = true
    return value
  }

  name(): string {
    const length = this.byte()
    const end = this.#at + length
    const name = end <= this.#bytes.length ? utf8Decode(this.#bytes.subarray(this.#at, end)) : null
    if (name === null) this.#isBroken = true
    this.#at = end
    return name ?? ''
  }

  #life(): Life {
    const [start, startId] = [this.number(), this.number()]
    const [term, lastIndex, refillTerm] = [this.number(), this.number(), this.number()]
    return { start, startId, term, lastIndex, refillTerm }
  }

  identity(): TcpIdentity {
    const [clusterId, serverId, incarnation] = [this.name(), this.name(), this.number()]
    const standing = standings[this.byte()]
    const settledIndex = this.number()
    const named = this.byte()
    if (standing === undefined || named > 1) this.#isBroken = true
    return {
      clusterId,
      serverId,
      incarnation,
      standing: standing ?? 'member',
      settledIndex,
      isNamed: named === 1,
      life: this.#life(),
    }
  }
}
