/**
 * Writes the marks that no save waits for: the seal where the next frame will go, which a crash or
 * a frame may overwrite, and, in a segment that is full, that the log goes on in the next one. They
 * are evidence, not state: where there is no room for one, it is left out.
 */
import type { Checksum } from '../base/crc32.ts'
import { diskFailed, isFull, type StorageError } from './errors.ts'
import { encodeSeal } from './frame.ts'
import type { OpenSegment } from './segment-supply.ts'

export interface MarkWriterParts {
  readonly path: string
  readonly checksum: Checksum
  /** Calls back after a while. */
  readonly later: (callback: () => void) => void
  /** A mark could not be written, and nobody knows what the disk holds. */
  readonly broke: (failure: StorageError) => void
  /** There was no room for it. */
  readonly lacking: () => void
  /** Something has ended that was under way. */
  readonly whenQuiet: () => void
}

export class MarkWriter {
  readonly #parts: MarkWriterParts
  #isSealing = false
  /** Segments in which the last word is being written. */
  #leaving = 0
  /** What waits for the seal, which stands where its frame will. */
  #afterSeal: (() => void) | null = null

  constructor(parts: MarkWriterParts) {
    this.#parts = parts
  }

  get isWriting(): boolean {
    return this.#isSealing || this.#leaving > 0
  }

  get isSealing(): boolean {
    return this.#isSealing
  }

  /** Does this where no seal is in the way any more. */
  afterSeal(then: () => void): void {
    if (this.#isSealing) this.#afterSeal = then
    else then()
  }

  /**
   * Only where nothing follows for a while: the next frame is as good a proof as a seal, and a save
   * that comes while one is written must wait for it.
   */
  whenIdle(seal: () => void): void {
    this.#parts.later(seal)
  }

  /** All frames below `sequence` are durable. */
  seal(segment: OpenSegment, sequence: number): void {
    this.#isSealing = true
    segment.file.write([this.#mark('seal', segment, sequence)], segment.position, (cause) => {
      this.#isSealing = false
      if (cause !== null) this.#failed(segment, cause)
      const afterSeal = this.#afterSeal
      this.#afterSeal = null
      afterSeal?.()
      this.#parts.whenQuiet()
    })
  }

  /** Says durably that the log goes on in the next segment, and lets go of this one. */
  leave(segment: OpenSegment, sequence: number): void {
    this.#leaving += 1
    const mark = this.#mark('continued', segment, sequence)
    segment.file.writeDurably([mark], segment.position, (cause) => {
      this.#leaving -= 1
      segment.file.close()
      if (cause !== null) this.#failed(segment, cause)
      this.#parts.whenQuiet()
    })
  }

  /** The last seal of all, durably. */
  sealForGood(
    segment: OpenSegment,
    sequence: number,
    done: (error: StorageError | null) => void,
  ): void {
    const mark = this.#mark('seal', segment, sequence)
    segment.file.writeDurably([mark], segment.position, (cause) => {
      done(cause === null || isFull(cause) ? null : this.#failure(segment, cause))
    })
  }

  #failed(segment: OpenSegment, cause: Error): void {
    if (isFull(cause)) this.#parts.lacking()
    else this.#parts.broke(this.#failure(segment, cause))
  }

  #failure({ name, position }: OpenSegment, cause: Error): StorageError {
    return diskFailed(this.#parts.path, 'write', name, position, cause)
  }

  #mark(kind: 'seal' | 'continued', { header }: OpenSegment, sequence: number): Uint8Array {
    return encodeSeal(kind, sequence, header.salt, this.#parts.checksum)
  }
}
