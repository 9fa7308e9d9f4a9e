/**
 * Waiting for what other processes do: for a condition, with a deadline, never for a time alone.
 * Deadlines are generous, since machines that run tests are busy; a test that passes does not wait
 * for them.
 */
import { setTimeout as delay } from 'node:timers/promises'

export const deadlineMs = 30_000

/**
 * Looks again and again until `look` gives something else than false, null or undefined, which is
 * then the result. Past the deadline it fails with `what`, and with what `look` last threw.
 */
export async function waitFor<Found>(
  what: string,
  look: () => Promise<Found | false | null | undefined> | Found | false | null | undefined,
  timeoutMs: number = deadlineMs,
  pollMs = 25,
): Promise<Found> {
  const deadline = performance.now() + timeoutMs
  let problem: unknown = null
  for (;;) {
    try {
      problem = null
      const found = await look()
      if (found !== false && found !== null && found !== undefined) return found
    } catch (error) {
      problem = error
    }
    if (performance.now() > deadline) {
      const cause = problem instanceof Error ? `: ${problem.message}` : ''
      throw new Error(`not so after ${timeoutMs} ms: ${what}${cause}`, { cause: problem })
    }
    await delay(pollMs)
  }
}
