/**
 * What a server says on standard error while it runs: one line for each event, as text for people
 * or as JSON for whatever collects logs.
 */

export type LogFormat = 'text' | 'json'

export const logFormats: readonly LogFormat[] = ['text', 'json']

/** What is known of an event beside its line; the same names in every event. */
export type EventFields = Readonly<Record<string, string | number | boolean | null>>

export class ServerLog {
  readonly #format: LogFormat
  readonly #server: string

  constructor(format: LogFormat, server: string) {
    this.#format = format
    this.#server = server
    // Whoever read it has gone. That ends nothing here: a server has other things to do.
    process.stderr.on('error', () => {})
  }

  /** `event` is for programs, `line` for people. */
  say(event: string, line: string, fields: EventFields = {}): void {
    const text = line.replace(/\s*\n\s*/g, ' ')
    process.stderr.write(
      this.#format === 'text'
        ? `kontiki serve: ${text}\n`
        : `${JSON.stringify({
            time: new Date().toISOString(),
            server: this.#server,
            event,
            ...fields,
            message: text,
          })}\n`,
    )
  }
}
