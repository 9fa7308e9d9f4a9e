/** Waiting for a condition, with a deadline that only a failing test reaches. */
import { setTimeout as delay } from 'node:timers/promises'

const deadlineMs = 20_000

/** Looks again and again until `condition` holds; throws, naming `what`, if it never does. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(1)
  }
}

/** One turn of the event loop: what was waiting to be read has been read. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
