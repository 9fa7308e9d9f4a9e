/**
 * The course project's state machine: it remembers the commands, in order. One line each, as the
 * log files have them: `term,index,command`.
 */
import { utf8Decode } from '../base/bytes.ts'
import type { Entry, LogIndex, Term } from '../raft/index.ts'
import type { StateMachine } from './state-machine.ts'

/** Where the lines go; the course's server writes them to a file. */
export interface LineSink {
  /** One line, without its end. */
  line(text: string): void
}

export class CommandLog implements StateMachine<void> {
  readonly #sink: LineSink

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  apply(command: Uint8Array, index: LogIndex, term: Term): void {
    this.#sink.line(`${term},${index},${commandText(command)}`)
  }
}

/** `term,index,command`; the command of a no-op is empty. */
export function entryLine(entry: Entry): string {
  return `${entry.term},${entry.index},${commandText(entry.command)}`
}

/** A command as text. Line breaks and bytes that are no text are escaped: a line is a line. */
function commandText(command: Uint8Array): string {
  const text = utf8Decode(command)
  if (text === null) {
    return `\\x${[...command].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  }
  return text.replace(/[\r\n\\]/g, (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : '\\\\'))
}
