/**
 * The course project's state machine: it remembers the commands, in order. One line each, as the
 * log files have them: `term,index,command`.
 */
import { unreachable } from '../base/assert.ts'
import { noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Entry } from '../raft/index.ts'
import { decodeSessionCommand } from './session-command.ts'
import type { ApplyContext, ByteMachine } from './state-machine.ts'

/** Where the lines go; the course's server writes them to a file. */
export interface LineSink {
  /** One line, without its end. */
  line(text: string): void
}

/** A command's response is its index, as text; to any query it answers the last line. */
export class CommandLog implements ByteMachine {
  readonly #sink: LineSink
  #lastLine = ''

  constructor(sink: LineSink) {
    this.#sink = sink
  }

  apply(command: Uint8Array, { index, term }: ApplyContext): Uint8Array {
    this.#lastLine = `${term},${index},${commandText(command)}`
    this.#sink.line(this.#lastLine)
    return utf8Encode(String(index))
  }

  query(): Uint8Array {
    return utf8Encode(this.#lastLine)
  }

  snapshot(): Iterable<Uint8Array> {
    return [utf8Encode(this.#lastLine)]
  }

  /** The lines before are the sink's business: they are not written again. */
  restore(chunks: Iterable<Uint8Array>): void {
    this.#lastLine = ''
    for (const chunk of chunks) this.#lastLine += utf8Decode(chunk) ?? ''
  }
}

/**
 * `term,index,command`, of any entry. A client's command is shown without its session; where an
 * entry has no command it is empty.
 */
export function entryLine(entry: Entry): string {
  return `${entry.term},${entry.index},${commandText(commandOf(entry))}`
}

function commandOf({ kind, command }: Entry): Uint8Array {
  switch (kind) {
    case 'command':
      return command
    case 'session': {
      const session = decodeSessionCommand(command)
      return session?.kind === 'request' ? session.command : noBytes
    }
    case 'noop':
    case 'configuration':
      return noBytes
    default:
      return unreachable(kind)
  }
}

/** A command as text. Line breaks and bytes that are no text are escaped: a line is a line. */
function commandText(command: Uint8Array): string {
  const text = utf8Decode(command)
  if (text === null) {
    return `\\x${[...command].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  }
  return text.replace(/[\r\n\\]/g, (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : '\\\\'))
}
