/**
 * Where a server keeps its term, vote and log (C19): a directory that is locked while it runs and
 * belongs to this identity and list of servers, or memory.
 */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Random } from '../../base/random.ts'
import { fileNameFor, type ServerAddress } from '../../course/index.ts'
import { later, lockDirectory, NodeDisk } from '../../disk/index.ts'
import type { Clock, Storage } from '../../ports/index.ts'
import { defaultReserveSegments, MemoryStorage, openSegmentedLog } from '../../storage/index.ts'
import { systemReason } from '../program.ts'
import type { Settings } from './arguments.ts'

export interface Data {
  readonly storage: Storage
  /** For the line that says that the server listens. */
  readonly place: string
  /** What opening found, for the operator. */
  readonly notes: readonly string[]
  /** Gives the directory to whoever wants it next; the storage is closed by then. */
  readonly release: () => void
}

/** Opens or makes it. Throws an error with one line for people. */
export async function openData(
  settings: Settings,
  servers: readonly ServerAddress[],
  clock: Clock,
  failed: (error: Error) => void,
): Promise<Data> {
  const soon = (callback: () => void): void => clock.soon(callback)
  if (settings.inMemory) {
    return { storage: new MemoryStorage(soon), place: 'memory', notes: [], release: () => {} }
  }
  const { identity, segmentBytes } = settings
  const path = settings.dataDirectory ?? fileNameFor(identity, 'data')
  const disk = makeDirectory(path)
  const lock = await lockDirectory(path)
  const storage = openSegmentedLog(disk, {
    identity: { serverId: identity.id, servers: servers.map(({ id }) => id) },
    checksum: crc32,
    random: new Random(randomBytes(16).toString('hex')),
    soon,
    later,
    segmentBytes,
    reserveBytes: defaultReserveSegments * segmentBytes,
    failed,
  })
  return { storage, place: path, notes: storage.notes, release: () => lock.release() }
}

function makeDirectory(path: string): NodeDisk {
  try {
    return new NodeDisk(path)
  } catch (error) {
    throw new Error(`cannot use the data directory ${path}: ${systemReason(error)}`)
  }
}
