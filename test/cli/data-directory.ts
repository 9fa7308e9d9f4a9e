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
  readonly entries: readonly Entry[]
}

const kinds: Readonly<Record<string, [EntryKind, Uint8Array]>> = {
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

export function makeDirectory(path: string, content: Content): Promise<void> {
  const { serverId, currentTerm, votedFor, entries } = content
  const log = openSegmentedLog(new NodeDisk(path), {
    identity: { serverId, servers: ['a', 'b', 'c'] },
    checksum: (bytes, previous) => crc32(bytes, previous),
    random: new Random(path),
    soon: (callback) => setImmediate(callback),
    segmentBytes: 64 * 1024,
  })
  log.recover()
  return new Promise((resolve, reject) => {
    const end = (error: Error | null): void => (error === null ? resolve() : reject(error))
    log.save([{ currentTerm, votedFor, truncateFrom: null, entries }], (error) => {
      if (error === null) log.close(end)
      else reject(error)
    })
  })
}
