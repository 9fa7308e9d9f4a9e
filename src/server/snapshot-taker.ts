/**
 * Takes snapshots of this server's own state (§5.1.2): when the log has grown enough, compared with
 * the last snapshot, one is pulled from the state machine piece by piece, a piece a turn, while
 * entries go on being applied, and written aside.
 */
import { assert } from '../base/assert.ts'
import { noBytes } from '../base/bytes.ts'
import type { SnapshotWriter } from '../ports/index.ts'
import type { Entry, LogIndex, Snapshot, SnapshotPoint } from '../raft/index.ts'
import type { SnapshotParts } from './snapshots.ts'

/** Around each command in the log, roughly. */
const entryBytes = 32

/** About so much of a snapshot is pulled and written in one turn, while entries wait. */
const turnBytes = 64 * 1024

interface Taking {
  readonly writer: SnapshotWriter
  readonly pieces: Iterator<Uint8Array>
  /** What is left of a piece that was too large for one turn. */
  rest: Uint8Array
}

export class SnapshotTaker {
  readonly #parts: SnapshotParts
  readonly #soon: (callback: () => void) => void
  readonly #taken: (snapshot: Snapshot) => void
  #taking: Taking | null = null
  /** Applied since the last snapshot. */
  #bytes = 0
  #entries = 0
  /** After a failure: not before so much more was applied. */
  #patience = 1

  constructor(
    parts: SnapshotParts,
    soon: (callback: () => void) => void,
    taken: (snapshot: Snapshot) => void,
  ) {
    this.#parts = parts
    this.#soon = soon
    this.#taken = taken
  }

  get isTaking(): boolean {
    return this.#taking !== null
  }

  applied(entry: Entry): void {
    this.#bytes += entry.command.length + entryBytes
    this.#entries += 1
  }

  /** The state has come from a snapshot: one that was being taken is of the state before. */
  restored(): void {
    this.abandon()
    this.#bytes = 0
    this.#entries = 0
  }

  /**
   * Whether there is reason for one: the log has grown to the size of the last snapshot, so that
   * writing snapshots costs no more than writing the log did, but not before it is worth it; or it
   * holds very many entries.
   */
  get isDue(): boolean {
    const { store, options } = this.#parts
    if (this.#taking !== null || this.#entries === 0) return false
    const { logBytesMin, logBytesMax, logGrowth, logEntriesMax } = options
    const size = store.latest?.size ?? 0
    const bytesMax = Math.min(Math.max(logBytesMin, logGrowth * size), logBytesMax)
    return (
      this.#bytes >= bytesMax * this.#patience || this.#entries >= logEntriesMax * this.#patience
    )
  }

  /** Begins one of the state as it is now. */
  take(point: SnapshotPoint): void {
    assert(this.#taking === null, 'one snapshot is taken at a time')
    assert(point.lastIndex > this.#coveredIndex, 'a snapshot covers more than the one before')
    const { store, source } = this.#parts
    let writer: SnapshotWriter
    try {
      writer = store.begin('own', point)
    } catch {
      this.#failed()
      return
    }
    const taking: Taking = { writer, pieces: source.take()[Symbol.iterator](), rest: noBytes }
    this.#taking = taking
    this.#bytes = 0
    this.#entries = 0
    this.#soon(() => this.#next(taking))
  }

  /** Nothing more comes of the one that is being taken. */
  abandon(): void {
    const taking = this.#taking
    this.#taking = null
    taking?.pieces.return?.()
    taking?.writer.abandon()
  }

  get #coveredIndex(): LogIndex {
    return this.#parts.store.latest?.lastIndex ?? 0
  }

  #next(taking: Taking): void {
    if (this.#taking !== taking) return
    const bytes = pull(taking)
    if (bytes === null) {
      taking.writer.finish((error) => this.#finished(taking, error))
      return
    }
    taking.writer.append(bytes, (error) => {
      if (this.#taking !== taking) return
      if (error !== null) this.#failed()
      else this.#soon(() => this.#next(taking))
    })
  }

  #finished(taking: Taking, error: Error | null): void {
    if (this.#taking !== taking) return
    if (error !== null) {
      this.#failed()
      return
    }
    taking.writer.publish((failure, snapshot) => {
      if (this.#taking !== taking) return
      if (snapshot === null || failure !== null) {
        this.#failed()
        return
      }
      this.#taking = null
      this.#patience = 1
      this.#taken(snapshot)
    })
  }

  /**
   * The disk did not take it, being full perhaps. Nothing is lost, since nothing was trimmed: it is
   * tried again when twice as much has been applied.
   */
  #failed(): void {
    this.abandon()
    this.#patience *= 2
  }
}

/** What is written in one turn: several small pieces, or a part of a large one; null: no more. */
function pull(taking: Taking): Uint8Array | null {
  const parts: Uint8Array[] = []
  let bytes = 0
  while (bytes < turnBytes) {
    if (taking.rest.length === 0) {
      const next = taking.pieces.next()
      if (next.done === true) break
      taking.rest = next.value
    }
    const part = taking.rest.subarray(0, turnBytes - bytes)
    taking.rest = taking.rest.subarray(part.length)
    parts.push(part)
    bytes += part.length
  }
  if (parts.length === 0) return null
  return parts.length === 1 ? (parts[0] as Uint8Array) : joined(parts, bytes)
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
