/**
 * The log on a disk: Figure 3.1's persistent state as one ordered stream of frames in segments of
 * fixed size, one durable write per save. It only ever appends; opening.ts reads it back, and
 * docs/storage-format.md says what is durable when. Merging saves is the driver's business.
 */
import { assert } from '../base/assert.ts'
import type { Disk, Recovered, SaveBatch, Storage } from '../ports/index.ts'
import type { Snapshot } from '../raft/index.ts'
import { diskFailed, type StorageError } from './errors.ts'
import { encodeFrame, frameExtent, markBytes, sectorBytes } from './frame.ts'
import { KeptSegments } from './kept-segments.ts'
import type { LogFiles, LogOptions } from './log-parts.ts'
import { LogSpace } from './log-space.ts'
import { MarkWriter } from './mark-writer.ts'
import type { Reconciled } from './reconcile.ts'
import type { RecordBuffer } from './record.ts'
import type { RecoveredLog } from './recovery.ts'
import { type EncodedSave, SaveEncoder, tooLarge } from './save-encoder.ts'
import type { LogId } from './segment.ts'
import { type OpenSegment, SegmentSupply } from './segment-supply.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

type Done = (error: Error | null) => void

export class SegmentedLog implements Storage {
  /** What opening found and an operator should hear of: one line each. */
  readonly notes: readonly string[]
  readonly #path: string
  readonly #options: LogOptions
  readonly space: LogSpace
  readonly #supply: SegmentSupply
  readonly #marks: MarkWriter
  readonly #encoder: SaveEncoder
  readonly #kept: KeptSegments
  /** The snapshots beside the log. */
  readonly snapshots: SnapshotFiles
  #recovered: Recovered | null
  #active: OpenSegment
  /** Of the next frame. */
  #sequence: number
  /** The sequence number that the last seal names; equal to `#sequence` where it still holds. */
  #sealed: number
  #failure: StorageError | null = null
  #isSaving = false
  #closed: Done | null = null
  #isReleased = false

  constructor(
    disk: Disk,
    options: LogOptions,
    log: RecoveredLog,
    { recovered, replacedBy }: Reconciled,
    snapshots: SnapshotFiles,
    files: LogFiles,
  ) {
    this.notes = log.notes
    this.#path = disk.path
    this.#options = options
    this.#active = files.active
    const whenQuiet = (): void => this.#releaseWhenQuiet()
    this.space = new LogSpace({
      soon: options.soon,
      reserve: files.reserve,
      roomBytes: () => this.#supply.roomBytes(this.#active),
      makeNext: (made) => this.#supply.makeNext(this.#active, made),
      isWanted: () => snapshots.isWriting,
      whenQuiet,
    })
    this.#supply = new SegmentSupply(disk, options, files.spare, this.space)
    this.#marks = new MarkWriter({
      path: disk.path,
      checksum: options.checksum,
      later: options.later,
      broke: (failure) => this.#broke(failure),
      lacking: () => this.space.lacking(),
      whenQuiet,
    })
    this.#encoder = new SaveEncoder(log.ledger, replacedBy)
    this.#kept = new KeptSegments(disk, log.kept, whenQuiet)
    this.snapshots = snapshots
    snapshots.discard = (index) => this.#kept.discard(index)
    snapshots.whenQuiet = whenQuiet
    snapshots.makeRoom = () => this.space.makeRoom()
    snapshots.lacking = () => this.space.lacking()
    this.#recovered = recovered
    this.#sequence = log.sequence
    // Opening has sealed what there was.
    this.#sealed = log.sequence
  }

  /** The number that was drawn when the log was made: no other log has it. */
  get logId(): LogId {
    return this.#options.logId
  }

  /** Nothing was ever saved. Asked before what is there is recovered. */
  get isBlank(): boolean {
    const { currentTerm, entries, snapshot } = this.#recovered as Recovered
    return currentTerm === 0 && entries.length === 0 && snapshot === null
  }

  recover(): Recovered {
    const recovered = this.#recovered
    assert(recovered !== null, 'what was recovered is asked for once, before the first save')
    this.#recovered = null
    return recovered
  }

  save(batches: readonly SaveBatch[], done: Done): void {
    assert(!this.#isSaving, 'one save is under way at a time')
    assert(this.#closed === null, 'nothing is saved after close')
    assert(this.#recovered === null, 'nothing is saved before what was there has been recovered')
    this.#isSaving = true
    const failure = this.#failure ?? tooLarge(this.#path, batches)
    if (failure !== null) {
      this.#options.soon(() => this.#fail(failure, done))
      return
    }
    this.#boundTerms(batches, done)
  }

  /** A bound is durable before a term is saved that reaches it: see term-bound.ts. */
  #boundTerms(batches: readonly SaveBatch[], done: Done): void {
    const { limit } = this.#options
    const { currentTerm = 0 } = batches.at(-1) ?? {}
    if (!limit?.isReachedBy(currentTerm)) this.#saveBatches(batches, done)
    else {
      limit.raise(currentTerm, (error) => {
        if (error === null) this.#saveBatches(batches, done)
        else this.#failedOrFull(error, done, () => this.#boundTerms(batches, done))
      })
    }
  }

  #saveBatches(batches: readonly SaveBatch[], done: Done): void {
    const snapshot = batches.findLast((batch) => batch.snapshot != null)?.snapshot ?? null
    if (snapshot === null) this.#saveRecords(batches, done)
    else this.#putInForce(snapshot, batches, done)
  }

  /** It is durable before the log says that it begins after it. */
  #putInForce(snapshot: Snapshot, batches: readonly SaveBatch[], done: Done): void {
    this.snapshots.putInForce(snapshot, (error) => {
      if (error === null) this.#saveRecords(batches, done)
      else this.#failedOrFull(error, done, () => this.#putInForce(snapshot, batches, done))
    })
  }

  #saveRecords(batches: readonly SaveBatch[], done: Done): void {
    const save = this.#encoder.encode(batches)
    if (this.#encoder.body.isEmpty) this.#options.soon(() => this.#end(done))
    else this.#marks.afterSeal(() => this.#place(save, done))
  }

  close(closed: Done = () => {}): void {
    assert(this.#closed === null, 'a storage is closed once')
    this.#closed = closed
    this.snapshots.close()
    this.space.close()
    this.#releaseWhenQuiet()
  }

  /** Finds a place for the frame: behind the last one, or at the head of the next segment. */
  #place(save: EncodedSave, done: Done): void {
    if (this.#failure !== null) {
      this.#fail(this.#failure, done)
      return
    }
    const active = this.#active
    const extent = frameExtent(this.#encoder.body.length - markBytes)
    const isFirst = active.position === sectorBytes
    // One sector stays free, for what tells that the log goes on elsewhere.
    if (!isFirst && active.position + extent + sectorBytes <= active.header.size) {
      this.#write(save, null, active, null, done)
      return
    }
    const first = save.first()
    const length = first.length + this.#encoder.body.length - 2 * markBytes
    const bytes = sectorBytes + frameExtent(length) + sectorBytes
    if (isFirst && bytes <= active.header.size) {
      this.#write(save, first, active, null, done)
      return
    }
    this.#moveOn(save, active, first, bytes, done)
  }

  /** Takes the next segment. One that is still empty is replaced, so that none is ever left so. */
  #moveOn(
    save: EncodedSave,
    active: OpenSegment,
    first: RecordBuffer,
    bytes: number,
    done: Done,
  ): void {
    const isEmpty = active.position === sectorBytes
    const number = active.header.number + (isEmpty ? 0 : 1)
    this.#supply.take(number, bytes, (error, made) => {
      if (error !== null) {
        this.#fail(error, done)
        return
      }
      if (isEmpty) active.file.close()
      this.#write(save, first, { ...made, position: sectorBytes }, isEmpty ? null : active, done)
    })
  }

  /** Writes the frame; `left` is the segment that it does not go to any more. */
  #write(
    save: EncodedSave,
    first: RecordBuffer | null,
    segment: OpenSegment,
    left: OpenSegment | null,
    done: Done,
  ): void {
    const { checksum } = this.#options
    const sequence = this.#sequence
    const bytes = encodeFrame(first, this.#encoder.body, sequence, segment.header.salt, checksum)
    const extent = bytes.reduce((sum, piece) => sum + piece.length, 0)
    this.#active = segment
    segment.file.writeDurably(bytes, segment.position, (cause) => {
      if (cause !== null) {
        const failure = diskFailed(this.#path, 'write', segment.name, segment.position, cause)
        // The same bytes at the same place: whatever the disk has of them by now is overwritten.
        this.#failedOrFull(failure, done, () => this.#write(save, first, segment, left, done))
        return
      }
      segment.position += extent
      this.#sequence = sequence + 1
      this.#wrote(save, segment.header.number)
      if (left !== null) this.#marks.leave(left, sequence)
      this.#supply.prepare(segment.header.number + 1, () => this.#releaseWhenQuiet())
      this.#end(done)
    })
  }

  /** The frame is durable. A snapshot in it leaves nothing of the segments before. */
  #wrote({ startIndex, replaces }: EncodedSave, number: number): void {
    this.#kept.wrote(number, startIndex)
    if (replaces === null) return
    this.#kept.replaced()
    this.#kept.discard(replaces.lastIndex)
  }

  /**
   * What had no room is tried again when there is some; whatever else fails is never tried again,
   * since nobody knows what the disk holds.
   */
  #failedOrFull(failure: Error, done: Done, again: () => void): void {
    if ((failure as StorageError).code !== 'FULL') this.#fail(failure as StorageError, done)
    else this.space.wait({ again, giveUp: () => this.#fail(failure as StorageError, done) })
  }

  /** A write that no save waits for has failed: nobody knows what the disk holds. */
  #broke(failure: StorageError): void {
    this.#failure ??= failure
    this.#options.failed?.(this.#failure)
  }

  #end(done: Done): void {
    this.#isSaving = false
    const sequence = this.#sequence
    done(null)
    this.#marks.whenIdle(() => this.#sealIfIdle(sequence))
    this.#releaseWhenQuiet()
  }

  #fail(failure: StorageError, done: Done): void {
    this.#failure = failure
    this.#isSaving = false
    done(failure)
    this.#releaseWhenQuiet()
  }

  #sealIfIdle(sequence: number): void {
    const isBusy = this.#isSaving || this.#marks.isSealing || this.#sequence !== sequence
    const isOver = this.#failure !== null || this.#closed !== null
    if (isBusy || isOver || this.#sealed === sequence) return
    this.#sealed = sequence
    this.#marks.seal(this.#active, sequence)
  }

  /** Once nothing is under way any more: the seal, this time durable, and the end. */
  #releaseWhenQuiet(): void {
    const isWriting = this.#isSaving || this.#marks.isWriting || this.space.isBusy
    const isQuiet = !isWriting && !this.#kept.isRemoving && !this.snapshots.isBusy
    if (this.#closed === null || this.#isReleased || !isQuiet || this.#supply.isMaking) return
    this.#isReleased = true
    if (this.#failure !== null || this.#active.position === sectorBytes) {
      this.#options.soon(() => this.#release(this.#failure))
      return
    }
    this.#marks.sealForGood(this.#active, this.#sequence, (error) => this.#release(error))
  }

  #release(error: Error | null): void {
    this.#active.file.close()
    this.#supply.close()
    this.#closed?.(error)
  }
}
