/** Data directories made for a test, with entries of every kind. */
import { crc32 } from 'node:zlib'
import { Random } from '../../src/base/random.ts'
import { NodeDisk } from '../../src/disk/index.ts'
import {
  type Entry,
  type EntryKind,
  encodeConfiguration,
  entry,
  makeConfiguration,
} from '../../src/raft/index.ts'
import {
  defaultSessionRules,
  encodeKvCommand,
  encodeSessionCommand,
} from '../../src/state-machine/index.ts'
import { openSegmentedLog } from '../../src/storage/index.ts'

export interface Content {
  readonly serverId: string
  readonly currentTerm: number
  readonly votedFor: string | null
  /** After what the snapshot covers. */
  readonly entries: readonly Entry[]
  /** Of the state as of this entry. */
  readonly snapshot?: { readonly lastIndex: number; readonly lastTerm: number }
}

const members = (...voters: string[]): [EntryKind, Uint8Array] => [
  'configuration',
  encodeConfiguration(makeConfiguration(voters, null, [], new Map())),
]

const kinds: Readonly<Record<string, [EntryKind, Uint8Array]>> = {
  three: members('a', 'b', 'c'),
  four: members('a', 'b', 'c', 'd'),
  joint: [
    'configuration',
    encodeConfiguration(makeConfiguration(['a', 'b', 'd'], ['a', 'b', 'c'], [], new Map())),
  ],
  noop: ['noop', new Uint8Array()],
  register: [
    'session',
    encodeSessionCommand({ kind: 'register', timeMs: 5, rules: defaultSessionRules }),
  ],
  put: [
    'session',
    encodeSessionCommand({
      ...{ kind: 'request', timeMs: 6, clientId: 2, sequenceNum: 1, lowestUnanswered: 1 },
      command: encodeKvCommand({
        ...{ kind: 'put', key: 'color', expected: null },
        value: Buffer.from('green'),
      }),
    }),
  ],
  text: ['command', Buffer.from('{"mine":1}')],
  bytes: ['command', Uint8Array.of(255, 254)],
  members: [
    'configuration',
    encodeConfiguration(makeConfiguration(['a', 'b'], null, ['c'], new Map([['a', 'h:1']]))),
  ],
}

/** Entries from 1 on, as `term:what` each. */
export function entriesOf(...texts: readonly string[]): Entry[] {
  return texts.map((text, i) => {
    const [term, what = 'noop'] = text.split(':')
    const [kind, command] = kinds[what] ?? (['command', Buffer.from(what)] as const)
    return entry(i + 1, Number(term), kind, command)
  })
}

/** What a snapshot here holds: some blocks, and a part of one. */
export const snapshotBytes: Uint8Array = new Uint8Array(150_000).map((_, i) => (i * 7) & 0xff)

export async function makeDirectory(path: string, content: Content): Promise<void> {
  const { serverId, currentTerm, votedFor, entries, snapshot: point } = content
  const log = openSegmentedLog(new NodeDisk(path), {
    identity: { serverId, servers: ['a', 'b', 'c'] },
    checksum: (bytes, previous) => crc32(bytes, previous),
    random: new Random(path),
    soon: (callback) => setImmediate(callback),
    segmentBytes: 64 * 1024,
  })
  log.recover()
  const state = { currentTerm, votedFor, truncateFrom: null }
  if (point !== undefined) {
    const [, configuration] = kinds['members'] as (typeof kinds)[string]
    const writer = log.snapshots.begin('received', { ...point, configuration })
    await calling((done) => writer.append(snapshotBytes, done))
    await calling((done) => writer.finish(done))
    const { size, checksum } = writer
    const snapshot = { ...point, configuration, size, checksum }
    await calling((done) => log.save([{ ...state, snapshot, entries: [] }], done))
  }
  await calling((done) => log.save([{ ...state, entries }], done))
  await calling((done) => log.close(done))
}

function calling(call: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === null ? resolve() : reject(error)))
  })
}
