/** Waiting for time and for conditions, in a way that an interruption ends at once. */
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after the time; rejects with the signal's reason when that is aborted before. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

export interface WaitOptions {
  readonly timeoutMs: number
  /** How often to look again. */
  readonly pollMs?: number
  readonly signal?: AbortSignal
}

/** Looks until the condition holds; false when the time has passed without that. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, pollMs = 20, signal }: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() >= deadline) return false
    await sleep(pollMs, signal)
  }
}

/**
 * What becomes of the promise; or a rejection with the signal's reason, if that is aborted first.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
