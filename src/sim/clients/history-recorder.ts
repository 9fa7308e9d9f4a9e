/**
 * The history that clients see, in the order in which it happens, for the linearizability checker:
 * every write, and every read that is to be up to date.
 */
import type { RequestResult } from '../../client/index.ts'
import {
  check,
  diagnose,
  explain,
  HistoryBuilder,
  type VersionedKvInput,
  type VersionedKvOutput,
  versionedKvModel,
} from '../../linearizability/index.ts'

/** About a tenth of a second; beyond it the verdict is unknown. */
const stepsMax = 300_000

/** `hard`: it was not decided within the budget. */
export type HistoryVerdict = { readonly kind: 'ok' | 'hard' } | { kind: 'illegal'; words: string }

export class HistoryRecorder {
  readonly #builder = new HistoryBuilder<VersionedKvInput, VersionedKvOutput>()
  calls = 0

  /** A client asks; what it is told in the end is to be handed to what this returns. */
  call(
    process: string,
    input: VersionedKvInput,
    where: string,
  ): (result: RequestResult, output: VersionedKvOutput | null, where: string) => void {
    this.calls += 1
    const id = this.#builder.call(process, input, where)
    return (result, output, returnWhere) => {
      if (output !== null) this.#builder.return(id, output, returnWhere)
      else if (result.error?.outcome === 'unknown') this.#builder.lose(id)
      // A read that failed, or a write that is known to have had no effect.
      else this.#builder.fail(id)
    }
  }

  check(): HistoryVerdict {
    const history = this.#builder.build()
    const result = check(versionedKvModel, history, { stepsMax })
    if (result.verdict === 'ok') return { kind: 'ok' }
    if (result.verdict === 'unknown') return { kind: 'hard' }
    const diagnosis = diagnose(versionedKvModel, result)
    const words = explain(versionedKvModel, history, result, diagnosis).join(' ')
    return { kind: 'illegal', words }
  }
}
