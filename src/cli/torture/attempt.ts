/** What a client tried and what it was told, in the words of the checker's key-value model. */
import type { VersionedKvInput, VersionedKvOutput } from '../../linearizability/index.ts'

/**
 * How an attempt ended. `acknowledged`: answered. `notApplied`: the client was promised that it has
 * had no effect and will have none. `unknown`: nobody knows, or the run ended before.
 */
export type Ending =
  | {
      readonly kind: 'acknowledged'
      readonly output: VersionedKvOutput
      /** Of a change: the index of its entry in the log, as the store tells it. */
      readonly modificationIndex: number | null
    }
  | { readonly kind: 'notApplied' | 'unknown'; readonly code: string }

export type EndingKind = Ending['kind']

export interface Attempt {
  readonly input: VersionedKvInput
  readonly ending: Ending
  /** Milliseconds from the beginning of the run. */
  readonly callMs: number
  readonly returnMs: number
}

/** Whether it is an acknowledged change of a key: not a read, a conflict or a refusal. */
export function isChange({ ending }: Attempt): boolean {
  if (ending.kind !== 'acknowledged') return false
  const { kind } = ending.output
  return kind === 'changed' || kind === 'incremented' || kind === 'deleted'
}
