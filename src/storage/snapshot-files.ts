/**
 * The snapshots of one directory: the latest is in force, whatever is aside is on its way, and what
 * is older is removed once a later one is durable. A file has its name only when it is whole.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import {
  type Disk,
  type ReadFile,
  type SnapshotReader,
  type SnapshotStore,
  type SnapshotWriter,
  temporarySuffix,
} from '../ports/index.ts'
import { isSameSnapshot, type LogIndex, type Snapshot, type SnapshotPoint } from '../raft/index.ts'
import { diskFailed, StorageError } from './errors.ts'
import type { LogId } from './segment.ts'
import { readSnapshotHeader, snapshotIndexes, snapshotName } from './snapshot-format.ts'
import { SnapshotFileReader } from './snapshot-reader.ts'
import { SnapshotFileWriter, type SnapshotShelf } from './snapshot-writer.ts'

export interface SnapshotFilesOptions {
  readonly logId: LogId
  readonly checksum: Checksum
  readonly soon: (callback: () => void) => void
}

/** Before what tells the one from the other of the two that may be aside. */
const purposePrefix = 'snapshot-'

function asideName(purpose: 'own' | 'received'): string {
  return `${purposePrefix}${purpose}${temporarySuffix}`
}

/** What a crash left of a snapshot that was on its way. */
export function isSnapshotAside(name: string): boolean {
  return name.startsWith(purposePrefix) && name.endsWith(temporarySuffix)
}

export class SnapshotFiles implements SnapshotStore {
  readonly #disk: Disk
  readonly #options: SnapshotFilesOptions
  #latest: Snapshot | null
  #received: SnapshotFileWriter | null = null
  #own: SnapshotFileWriter | null = null
  /** What may be dropped of the log is for the log to do. */
  discard: (index: LogIndex) => void = () => {}
  /** The disk has nothing more to do for snapshots. */
  whenQuiet: () => void = () => {}
  /** One is to be written: it may let a part of the log go, where the disk is full. */
  makeRoom: () => void = () => {}
  /** There was no room for one that a leader sends. */
  lacking: () => void = () => {}
  /** Calls of the disk that have not ended. */
  #underWay = 0

  constructor(disk: Disk, options: SnapshotFilesOptions, latest: Snapshot | null) {
    this.#disk = disk
    this.#options = options
    this.#latest = latest
  }

  get latest(): Snapshot | null {
    return this.#latest
  }

  begin(purpose: 'own' | 'received', point: SnapshotPoint): SnapshotWriter {
    if (purpose === 'received') this.#received?.abandon()
    else this.#own?.abandon()
    this.makeRoom()
    const file = this.#disk.createAside(asideName(purpose))
    const writer = new SnapshotFileWriter(this.#shelf(purpose), point, file)
    if (purpose === 'received') this.#received = writer
    else this.#own = writer
    return writer
  }

  open(): SnapshotReader {
    const latest = this.#latest
    assert(latest !== null, 'there is a snapshot to be read')
    const { checksum, soon } = this.#options
    const name = snapshotName(latest.lastIndex)
    return new SnapshotFileReader(this.#disk.path, name, this.#open(name), latest, checksum, soon)
  }

  #open(name: string): ReadFile {
    try {
      return this.#disk.openToRead(name)
    } catch (error) {
      throw diskFailed(this.#disk.path, 'read', name, null, error)
    }
  }

  discardPrefix(index: LogIndex): void {
    assert(index <= (this.#latest?.lastIndex ?? 0), 'only what a durable snapshot covers goes')
    this.discard(index)
  }

  /** What was received becomes durable: what it is must be what the save says. */
  putInForce(snapshot: Snapshot, done: (error: Error | null) => void): void {
    const received = this.#received
    assert(received !== null, 'what is put in force was received')
    assert(isSameSnapshot(received.snapshot, snapshot), 'and it is the one that was asked for')
    received.publish((error) => done(error))
  }

  /** One is being taken, or a piece of one stored: one that is received may stand still. */
  get isWriting(): boolean {
    return this.isBusy || this.#own?.isOver === false
  }

  get isBusy(): boolean {
    return this.#underWay > 0
  }

  /** What is under way is abandoned: the log is closed. What the disk was asked still ends. */
  close(): void {
    this.#received?.abandon()
    this.#own?.abandon()
  }

  #shelf(purpose: 'own' | 'received'): SnapshotShelf {
    const { logId, checksum, soon } = this.#options
    return {
      path: this.#disk.path,
      aside: asideName(purpose),
      logId,
      checksum,
      soon,
      published: (snapshot) => this.#published(snapshot),
      // The leader has to know. Of its own a server can do without, and try it again later.
      lacking: () => {
        if (purpose === 'received') this.lacking()
      },
      began: () => this.#began(),
      ended: () => this.#ended(),
    }
  }

  #began(): void {
    this.#underWay++
  }

  #ended(): void {
    this.#underWay--
    // Whoever is called back for the same may ask for more at once.
    if (this.#underWay === 0) this.#options.soon(() => this.whenQuiet())
  }

  #published(snapshot: Snapshot): void {
    const before = this.#latest
    const isLater = before === null || snapshot.lastIndex > before.lastIndex
    if (isLater) this.#latest = snapshot
    const old = isLater ? before : snapshot
    // What cannot be removed now is removed at the next start.
    if (old === null) return
    this.#began()
    this.#disk.removeLater(snapshotName(old.lastIndex), () => this.#ended())
  }
}

/**
 * The latest snapshot of a directory, every block of it checked, and the names of older ones, which
 * may go. A damaged one is never passed over for an older one: the log in between may be gone.
 */
export function recoverSnapshot(
  disk: Disk,
  names: readonly string[],
  options: SnapshotFilesOptions,
): { snapshot: Snapshot | null; superseded: string[] } {
  const [latest, ...older] = snapshotIndexes(names)
  if (latest === undefined) return { snapshot: null, superseded: [] }
  const name = snapshotName(latest)
  try {
    return { snapshot: check(disk, name, options), superseded: older.map(snapshotName) }
  } catch (error) {
    if (error instanceof StorageError) throw error
    throw diskFailed(disk.path, 'read', name, null, error)
  }
}

function check(disk: Disk, name: string, options: SnapshotFilesOptions): Snapshot {
  const { logId, checksum, soon } = options
  const file = disk.openToRead(name)
  try {
    const snapshot = readSnapshotHeader(disk.path, name, file, logId, checksum)
    const reader = new SnapshotFileReader(disk.path, name, file, snapshot, checksum, soon)
    for (const _ of reader.readAll()) {
      // Reading it is checking it.
    }
    return snapshot
  } finally {
    file.close()
  }
}
