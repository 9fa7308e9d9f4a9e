/**
 * Writes down what clients try and are told, as it happens: into a file that `kontiki check` reads,
 * and in memory for the verdict.
 */
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import {
  type History,
  HistoryBuilder,
  type OperationId,
  type VersionedKvInput,
  type VersionedKvOutput,
  versionedKvCodec,
  versionedKvModel,
} from '../../linearizability/index.ts'
import { type Attempt, type Ending, isChange } from './attempt.ts'

/** An attempt that is under way. */
export interface OpenAttempt {
  readonly id: OperationId
  readonly process: string
  readonly input: VersionedKvInput
  readonly callMs: number
}

export class Recorder {
  readonly #builder = new HistoryBuilder<VersionedKvInput, VersionedKvOutput>()
  readonly #attempts: Attempt[] = []
  readonly #open = new Set<OpenAttempt>()
  readonly #file: WriteStream
  readonly #startedAt = performance.now()
  /** Times of acknowledged changes, and of the beginning. */
  #lastChangeMs = 0
  #longestGapMs = 0

  constructor(path: string) {
    this.#file = createWriteStream(path)
    this.#file.on('error', () => {})
    this.#write({ history: 'kontiki', version: 1, model: versionedKvModel.name })
  }

  get nowMs(): number {
    return performance.now() - this.#startedAt
  }

  /** So far. */
  get attempts(): readonly Attempt[] {
    return this.#attempts
  }

  /** The longest time in which no change was acknowledged, up to now. */
  get longestGapMs(): number {
    return Math.max(this.#longestGapMs, this.nowMs - this.#lastChangeMs)
  }

  call(process: string, input: VersionedKvInput): OpenAttempt {
    const callMs = this.nowMs
    const where = `${callMs.toFixed(3)} ms`
    const id = this.#builder.call(process, input, where)
    const open = { id, process, input, callMs }
    this.#open.add(open)
    this.#write({
      event: 'call',
      process,
      time: time(callMs),
      ...versionedKvCodec.writeCall(input),
    })
    return open
  }

  end(open: OpenAttempt, ending: Ending): void {
    const { id, process, input, callMs } = open
    const returnMs = this.nowMs
    this.#open.delete(open)
    const attempt = { input, ending, callMs, returnMs }
    this.#attempts.push(attempt)
    const told = { process, time: time(returnMs) }
    if (ending.kind === 'acknowledged') {
      this.#builder.return(id, ending.output, `${returnMs.toFixed(3)} ms`)
      const fields = versionedKvCodec.writeReturn(ending.output, input)
      this.#write({ event: 'return', ...told, ...fields })
    } else if (ending.kind === 'notApplied') {
      this.#builder.fail(id)
      this.#write({ event: 'fail', ...told })
    } else {
      this.#builder.lose(id)
      this.#write({ event: 'unknown', ...told })
    }
    if (!isChange(attempt)) return
    this.#longestGapMs = Math.max(this.#longestGapMs, returnMs - this.#lastChangeMs)
    this.#lastChangeMs = returnMs
  }

  /** The history so far; what is open has no answer in it. */
  history(): History<VersionedKvInput, VersionedKvOutput> {
    return this.#builder.build()
  }

  /** Resolves when the file has everything. What is open counts as unknown. */
  async close(): Promise<void> {
    for (const open of [...this.#open]) this.end(open, { kind: 'unknown', code: 'OPEN' })
    if (this.#file.destroyed) return
    this.#file.end()
    await finished(this.#file).catch(() => {})
  }

  #write(fields: object): void {
    this.#file.write(`${JSON.stringify(fields)}\n`)
  }
}

function time(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
