/**
 * What a save says, as records: only what changes, in the order that the rules of the log want
 * (ledger.ts), and what a segment that begins with it has to say first.
 */
import type { SaveBatch } from '../ports/index.ts'
import type { LogIndex, Snapshot } from '../raft/index.ts'
import { StorageError } from './errors.ts'
import { frameBytesMax, markBytes } from './frame.ts'
import { assertKept, type Ledger } from './ledger.ts'
import { RecordBuffer, recordBytes } from './record.ts'

/** One save. Its records stand in the encoder's body until the next one. */
export interface EncodedSave {
  /** The records that come first where it begins a segment. */
  readonly first: () => RecordBuffer
  /** The log's last entry before it. */
  readonly startIndex: LogIndex
  /** The log is replaced by a snapshot in it: nothing before it counts any more. */
  readonly replaces: Snapshot | null
}

export class SaveEncoder {
  readonly body: RecordBuffer = new RecordBuffer(markBytes)
  readonly #ledger: Ledger
  /** A snapshot that is later than the log on disk: the next save begins with it. */
  #due: Snapshot | null

  constructor(ledger: Ledger, due: Snapshot | null) {
    this.#ledger = ledger
    this.#due = due
  }

  encode(batches: readonly SaveBatch[]): EncodedSave {
    const { currentTerm, votedFor, lastIndex, lastTerm } = this.#ledger
    let replaces = this.#due
    this.body.clear()
    for (const batch of batches) {
      this.#batch(batch)
      replaces = batch.snapshot ?? replaces
    }
    const first = (): RecordBuffer => {
      const buffer = new RecordBuffer(markBytes)
      buffer.start(lastIndex, lastTerm)
      buffer.hardState(currentTerm, votedFor)
      return buffer
    }
    return { first, startIndex: lastIndex, replaces }
  }

  #batch(batch: SaveBatch): void {
    const { currentTerm, votedFor, truncateFrom, entries } = batch
    const ledger = this.#ledger
    if (currentTerm !== ledger.currentTerm || votedFor !== ledger.votedFor) {
      assertKept(ledger.setHardState(currentTerm, votedFor))
      this.body.hardState(currentTerm, votedFor)
    }
    const due = this.#due
    this.#due = null
    if (due !== null) this.#replace(due)
    if (batch.snapshot != null) this.#replace(batch.snapshot)
    if (truncateFrom !== null && truncateFrom <= ledger.lastIndex) {
      assertKept(ledger.truncateFrom(truncateFrom))
      this.body.truncate(truncateFrom)
    }
    for (const entry of entries) {
      assertKept(ledger.append(entry.index, entry.term))
      this.body.entry(entry)
    }
  }

  #replace({ lastIndex, lastTerm }: Snapshot): void {
    assertKept(this.#ledger.replace(lastIndex, lastTerm))
    this.body.replace(lastIndex, lastTerm)
  }
}

/** What is wrong with saving so much at once; null where nothing is. */
export function tooLarge(path: string, batches: readonly SaveBatch[]): StorageError | null {
  let bytes = 0
  for (const { entries } of batches) {
    for (const { command } of entries) bytes += recordBytes + command.length
  }
  if (bytes <= frameBytesMax) return null
  const message = `cannot save ${bytes} bytes at once in ${path}: the limit is ${frameBytesMax}`
  return new StorageError('TOO_LARGE', message)
}
