/**
 * Ctrl-C and its kin: one abort signal for a whole command, so that whatever waits stops waiting
 * and cleans up in its own `finally`. A second signal waits for nothing.
 */
import { setMaxListeners } from 'node:events'
import { constants } from 'node:os'

/** Somebody asked the command to stop; it says nothing and ends with the signal's status. */
export class Interrupted extends Error {
  readonly code = 'INTERRUPTED'
  override readonly name = 'Interrupted'
  readonly signal: NodeJS.Signals
  /** 128 and the signal's number, as shells have it. */
  readonly status: number

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.signal = signal
    this.status = 128 + constants.signals[signal]
  }
}

/** Aborted, with an {@link Interrupted} as its reason, by the first signal that asks for an end. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  // Each client that waits is a listener; there may be many, and each leaves when it has waited.
  setMaxListeners(0, controller.signal)
  const stop = (signal: NodeJS.Signals): void => {
    const reason = new Interrupted(signal)
    // Child processes are killed when this process exits; see server-process.ts.
    if (controller.signal.aborted) process.exit(reason.status)
    controller.abort(reason)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  // Whoever read our output has gone (`kontiki verify | head`): there is nobody to work for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') stop('SIGPIPE')
    else unwritable(error)
  })
  return controller.signal
}

/** What was to be printed is not all there, and whoever reads it must not think so. */
export function unwritable(error: Error): never {
  process.stderr.write(`kontiki: cannot write the output: ${error.message}\n`)
  process.exit(1)
}
