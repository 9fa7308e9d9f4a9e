/** Questions to the leader about the cluster itself, each with its one answer, as promises. */
import { type ClientCore, KontikiError } from '../client/index.ts'
import type { AdminAnswer, AdminQuestion } from '../wire/index.ts'

export interface AskSettings {
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** The one server that is asked; by default the leader. */
  readonly address?: string
}

/** Rejects with a {@link KontikiError}, also where the answer is another kind than is wanted. */
export function ask<Kind extends AdminAnswer['kind']>(
  core: ClientCore,
  question: AdminQuestion,
  wanted: readonly Kind[],
  { signal, ...options }: AskSettings,
): Promise<Extract<AdminAnswer, { readonly kind: Kind }>> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted(signal))
      return
    }
    const abort = (): void => operation.cancel()
    const operation = core.admin(JSON.stringify(question), options, (result) => {
      signal?.removeEventListener('abort', abort)
      if (result.error !== null) reject(result.error)
      else settle(result.json, wanted, resolve, reject)
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

export function aborted(signal: AbortSignal): KontikiError {
  return new KontikiError('ABORTED', 'notApplied', 'it was aborted', signal.reason)
}

function settle<Kind extends AdminAnswer['kind']>(
  json: string,
  wanted: readonly Kind[],
  resolve: (answer: Extract<AdminAnswer, { readonly kind: Kind }>) => void,
  reject: (error: KontikiError) => void,
): void {
  let answer: AdminAnswer | null = null
  try {
    answer = JSON.parse(json) as AdminAnswer | null
  } catch {
    // Told below.
  }
  if (wanted.some((kind) => kind === answer?.kind)) {
    resolve(answer as Extract<AdminAnswer, { readonly kind: Kind }>)
    return
  }
  const problem = `the answer is not what was asked for: ${json.slice(0, 80)}`
  reject(new KontikiError('BAD_ANSWER', 'unknown', problem))
}
