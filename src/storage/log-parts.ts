/** What an open log is made of: its settings, and the files that opening.ts has found or made. */
import type { StorageError } from './errors.ts'
import type { Reserve } from './reserve.ts'
import type { OpenSegment, SegmentSupplyOptions } from './segment-supply.ts'
import type { TermLimit } from './term-bound.ts'

export interface LogOptions extends SegmentSupplyOptions {
  readonly soon: (callback: () => void) => void
  readonly later: (callback: () => void) => void
  readonly failed?: (error: StorageError) => void
  /** Left out, or null: nobody asks in which terms it has been. */
  readonly limit?: TermLimit | null
}

export interface LogFiles {
  readonly active: OpenSegment
  readonly spare: OpenSegment | null
  readonly reserve: Reserve
}
