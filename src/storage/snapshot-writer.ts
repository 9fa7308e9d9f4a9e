/**
 * Writes one snapshot aside, block by block as it comes. The header is written last, when it is
 * known how much there is; the sync that follows makes all of it durable together, and only then
 * does the file get its name.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { AsideFile, SnapshotWriter } from '../ports/index.ts'
import { type Snapshot, type SnapshotPoint, snapshot } from '../raft/index.ts'
import { corrupt, diskFailed, isFull } from './errors.ts'
import { sectorBytes } from './frame.ts'
import type { LogId } from './segment.ts'
import {
  blockBytes,
  blockChecksumBytes,
  blockPosition,
  encodeSnapshotHeader,
  snapshotName,
} from './snapshot-format.ts'
import { viewOf } from './uint64.ts'

type Done = (error: Error | null) => void

/**
 * What is written between two syncs. A disk that is given all of a large snapshot at once has no
 * time for the log meanwhile, and the log is what clients wait for.
 */
const syncBytes = 4 * 1024 * 1024

/** What the writer needs of the store that it belongs to. */
export interface SnapshotShelf {
  readonly path: string
  /** The file's name until it is published. */
  readonly aside: string
  readonly logId: LogId
  readonly checksum: Checksum
  readonly soon: (callback: () => void) => void
  /** The file is durable under its name. */
  readonly published: (snapshot: Snapshot) => void
  /** There was no room for it. */
  readonly lacking: () => void
  /** The disk has something to do, and has done it. */
  readonly began: () => void
  readonly ended: () => void
}

export class SnapshotFileWriter implements SnapshotWriter {
  readonly #shelf: SnapshotShelf
  readonly #point: SnapshotPoint
  readonly #file: AsideFile
  readonly #name: string
  size = 0
  checksum = 0
  /** The block that is being filled, with room for its checksum. */
  #block = new Uint8Array(blockBytes + blockChecksumBytes)
  #filled = 0
  #blocks = 0
  /** Through here the file has been synced while it grew. */
  #syncedTo = 0
  #stage: 'open' | 'finished' | 'published' | 'abandoned' = 'open'

  constructor(shelf: SnapshotShelf, point: SnapshotPoint, file: AsideFile) {
    this.#shelf = shelf
    this.#point = point
    this.#file = file
    this.#name = snapshotName(point.lastIndex)
  }

  get point(): SnapshotPoint {
    return this.#point
  }

  /** It has come to something, or to nothing. */
  get isOver(): boolean {
    return this.#stage === 'published' || this.#stage === 'abandoned'
  }

  /** What it is by now. */
  get snapshot(): Snapshot {
    const { lastIndex, lastTerm, configuration } = this.#point
    return snapshot(lastIndex, lastTerm, configuration, this.size, this.checksum)
  }

  checksumWith(bytes: Uint8Array): number {
    // Of nothing at all zlib.crc32 of some versions of Node gives 0, whatever went before.
    return bytes.length === 0 ? this.checksum : this.#shelf.checksum(bytes, this.checksum)
  }

  append(bytes: Uint8Array, done: Done): void {
    assert(this.#stage === 'open', 'a snapshot grows until it is finished')
    const pieces: Uint8Array[] = []
    const position = this.#position
    let at = 0
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + blockBytes - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      this.size += part.length
      this.checksum = this.#shelf.checksum(part, this.checksum)
      if (this.#filled === blockBytes) pieces.push(this.#sealBlock())
    }
    if (pieces.length === 0) this.#shelf.soon(() => this.#end(null, done))
    else this.#write(pieces, position, (error) => this.#syncSome(error, done))
  }

  finish(done: Done): void {
    assert(this.#stage === 'open', 'a snapshot is finished once')
    this.#stage = 'finished'
    const position = this.#position
    const last = this.#filled > 0 ? [this.#sealBlock()] : []
    const { logId, checksum } = this.#shelf
    const header = encodeSnapshotHeader(this.snapshot, logId, checksum)
    const { configuration } = this.#point
    this.#write([header, configuration], 0, (error) => {
      const isOver = error !== null || last.length === 0 || this.#stage === 'abandoned'
      if (isOver) this.#sync(error, done)
      else this.#write(last, position, (failure) => this.#sync(failure, done))
    })
  }

  /** Where there is no room it is found here, while what was received can still be done without. */
  #sync(error: Error | null, done: Done): void {
    if (error !== null || this.#stage === 'abandoned') {
      this.#end(error, done)
      return
    }
    this.#shelf.began()
    this.#file.sync((failure) => {
      this.#shelf.ended()
      this.#end(failure, done)
    })
  }

  /** What the disk gives back must be what it was given: it becomes this server's state. */
  *read(): Iterable<Uint8Array> {
    assert(this.#stage === 'finished', 'what is finished can be read back')
    let checksum = 0
    for (let block = 0; block < this.#blocks; block++) {
      const length = Math.min(blockBytes, this.size - block * blockBytes)
      const bytes = this.#readBack(this.#positionOf(block), length + blockChecksumBytes)
      const content = bytes.subarray(0, length)
      checksum = this.#shelf.checksum(content, checksum)
      if (viewOf(bytes).getUint32(length, true) !== checksum) throw this.#damaged(block)
      yield content
    }
    if (checksum !== this.checksum) throw this.#damaged(0)
  }

  #readBack(position: number, length: number): Uint8Array {
    try {
      return this.#file.read(position, length)
    } catch (error) {
      throw diskFailed(this.#shelf.path, 'read', this.#shelf.aside, position, error)
    }
  }

  #damaged(block: number): Error {
    const { path, aside } = this.#shelf
    return corrupt(path, aside, this.#positionOf(block), `block ${block} is damaged`)
  }

  publish(done: (error: Error | null, snapshot: Snapshot | null) => void): void {
    assert(this.#stage === 'finished', 'what is finished can be put in force')
    const failed = (error: Error): void => {
      if (this.#stage !== 'abandoned') done(this.#failure(error), null)
    }
    this.#shelf.began()
    this.#file.sync((notSynced) => {
      this.#shelf.ended()
      if (notSynced !== null) failed(notSynced)
      else if (this.#stage !== 'abandoned') this.#rename(failed, done)
    })
  }

  #rename(
    failed: (error: Error) => void,
    done: (error: Error | null, snapshot: Snapshot | null) => void,
  ): void {
    this.#stage = 'published'
    this.#shelf.began()
    this.#file.publish(this.#name, (error) => {
      this.#shelf.ended()
      if (error !== null && isFull(error)) {
        // It has no name yet, and can be given it later.
        this.#stage = 'finished'
        failed(error)
        return
      }
      this.#file.close()
      if (error !== null) {
        failed(error)
        return
      }
      this.#shelf.published(this.snapshot)
      done(null, this.snapshot)
    })
  }

  abandon(): void {
    if (this.#stage === 'published' || this.#stage === 'abandoned') return
    this.#stage = 'abandoned'
    this.#file.close()
  }

  #syncSome(error: Error | null, done: Done): void {
    const isDue = this.#position >= this.#syncedTo + syncBytes
    if (error !== null || !isDue || this.#stage === 'abandoned') {
      this.#end(error, done)
      return
    }
    const position = this.#position
    this.#shelf.began()
    this.#file.sync((failure) => {
      this.#shelf.ended()
      this.#syncedTo = position
      this.#end(failure, done)
    })
  }

  #write(pieces: readonly Uint8Array[], position: number, done: Done): void {
    this.#shelf.began()
    this.#file.write(pieces, position, (error) => {
      this.#shelf.ended()
      done(error)
    })
  }

  get #position(): number {
    return this.#positionOf(this.#blocks)
  }

  #positionOf(block: number): number {
    return blockPosition(this.#point.configuration.length, block)
  }

  #sealBlock(): Uint8Array {
    const whole = this.#block.subarray(0, this.#filled + blockChecksumBytes)
    viewOf(whole).setUint32(this.#filled, this.checksum, true)
    this.#block = new Uint8Array(blockBytes + blockChecksumBytes)
    this.#filled = 0
    this.#blocks += 1
    return whole
  }

  #end(error: Error | null, done: Done): void {
    if (this.#stage === 'abandoned') return
    done(error === null ? null : this.#failure(error))
  }

  #failure(error: Error): Error {
    if (isFull(error)) this.#shelf.lacking()
    return diskFailed(this.#shelf.path, 'write', this.#name, sectorBytes, error)
  }
}
