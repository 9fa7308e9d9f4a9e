/**
 * The golden vectors of test/golden: hex with a comment per field, and what each one says. Those in
 * `bothWays` are exactly what we send; the others need only be understood.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { utf8Encode } from '../../src/base/bytes.ts'
import {
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  configuration,
  encodeConfiguration,
  entry,
  installSnapshotRequest,
  installSnapshotResponse,
  type Message,
  preVoteRequest,
  preVoteResponse,
  readIndexRequest,
  readIndexResponse,
  requestVoteRequest,
  requestVoteResponse,
  snapshot,
  timeoutNowRequest,
} from '../../src/raft/index.ts'
import { type Decoded, encodeCommand, encodeMessage } from '../../src/wire/index.ts'

const folder = new URL('../golden/', import.meta.url)

export const us = 'localhost:2000'
export const peer = '127.0.0.1:2020'

/** The bytes of `<name>.hex`. */
export function golden(name: string): Uint8Array {
  const text = readFileSync(new URL(`${name}.hex`, folder), 'utf8')
  return fromHex(text.replace(/#.*$/gm, ''))
}

export const goldenNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.hex'))
  .map((file) => file.replace(/\.hex$/, ''))
  .sort()

export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hex: ${text}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function text(name: string): Uint8Array {
  return utf8Encode(name)
}

/** What the peer asked, for the answers below. */
function request(requestId: number): { from: string; to: string; requestId: number } {
  return { from: peer, to: us, requestId }
}

/** A vector's meaning; `from` is who sends it, and the other one of the two receives it. */
export interface Vector {
  readonly from: string
  readonly to: string
  readonly decoded: Decoded
  /** What we send for it, where the vector is what we send. */
  readonly encode: (() => Uint8Array) | null
}

function message(said: Message): Vector {
  return {
    from: said.from,
    to: said.to,
    decoded: { kind: 'message', message: said },
    encode: () => encodeMessage(said),
  }
}

function command(name: string, hops: number): Vector {
  return {
    from: us,
    to: peer,
    decoded: { kind: 'command', command: text(name), hops },
    encode: () => encodeCommand(text(name), hops),
  }
}

function decodeOnly(vector: Vector): Vector {
  return { ...vector, encode: null }
}

const threeEntries = [
  entry(301, 4, 'command', text('insert_1')),
  entry(302, 5, 'noop', text('')),
  entry(303, 5, 'command', text('Grüße')),
]
const listing1Entries = [entry(8, 2, 'command', text('a-Z')), entry(9, 2, 'noop', text(''))]
const bytesEntries = [
  entry(2, 3, 'command', Uint8Array.of(0xff, 0x00, 0x80)),
  entry(3, 3, 'command', text('')),
]
const taken = snapshot(300, 4, encodeConfiguration(configuration(['a', 'b'])), 9, 0xcbf43926)
const maxId = Number.MAX_SAFE_INTEGER

export const vectors: Readonly<Record<string, Vector>> = {
  'append-entries-request': message(
    appendEntriesRequest(us, peer, 5, 300, 4, threeEntries, 299, maxId),
  ),
  'append-entries-request-listing1': message(
    appendEntriesRequest(us, peer, 2, 7, 1, listing1Entries, 6, 0),
  ),
  'append-entries-request-heartbeat': message(appendEntriesRequest(peer, us, 1, 0, 0, [], 0, 1)),
  'append-entries-request-bytes': message(
    appendEntriesRequest(us, peer, 3, 1, 3, bytesEntries, 1, 300),
  ),
  'append-entries-response-success': message(appendEntriesAccepted(request(7), 5, 303)),
  'append-entries-response-refused': message(appendEntriesRefused(request(8), 5, 128, 2)),
  'append-entries-response-listing1': message(appendEntriesAccepted(request(0), 5, 0)),
  'append-entries-response-listing1-failure': message(appendEntriesRefused(request(0), 128, 0, 0)),
  'request-vote-request': message(requestVoteRequest(us, peer, 6, 303, 5, 65_535)),
  'request-vote-request-listing1': message(requestVoteRequest(us, peer, 1, 0, 0, 0)),
  'request-vote-response-granted': message(requestVoteResponse(request(5000), 6, true)),
  'request-vote-response-listing1': message(requestVoteResponse(request(0), 2 ** 32, false)),
  'install-snapshot-request': message(
    installSnapshotRequest(us, peer, 5, taken, 4, text('56789'), 0xcbf43926, 7),
  ),
  'install-snapshot-response': message(installSnapshotResponse(request(7), 5, 4, 0)),
  'install-snapshot-response-whole': message(installSnapshotResponse(request(8), 5, 9, 300)),
  'request-vote-request-transfer': message(requestVoteRequest(us, peer, 6, 303, 5, 1, true)),
  'pre-vote-request': message(preVoteRequest(us, peer, 6, 303, 5, 12)),
  'pre-vote-response-granted': message(preVoteResponse(request(12), 5, true)),
  'pre-vote-response-term-0': message(preVoteResponse(request(1), 0, false)),
  'read-index-request': message(readIndexRequest(us, peer, 5, 2 ** 48 + 1)),
  'read-index-response': message(readIndexResponse(us, peer, 5, 300, 303)),
  'read-index-response-refused': message(readIndexResponse(us, peer, 5, 300, null)),
  'timeout-now-request': message(timeoutNowRequest(us, peer, 5)),
  command: command('insert_1', 0),
  'command-forwarded': command('insert_1', 2),
  'decode-unknown-fields': decodeOnly(message(requestVoteResponse(request(0), 9, true))),
  'decode-last-wins': decodeOnly(message(requestVoteRequest(us, peer, 3, 9, 2, 0))),
}
