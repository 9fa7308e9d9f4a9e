/**
 * The commands on a server's standard input (C16). Answers go to `write`, which is standard output
 * and nothing else; what is said about a command goes to `say`, which is not.
 */
import { counterLines } from './counters.ts'
import type { CourseServer } from './course-server.ts'
import { logLines, printLines } from './print.ts'

export interface ConsoleParts {
  readonly server: CourseServer
  /** What else there is to count: `name: value` lines. */
  readonly moreCounters: () => readonly string[]
  /** Lines with their ends. */
  readonly write: (text: string) => void
  readonly say: (text: string) => void
  readonly exit: () => void
}

/** A long log is written in pieces of so many lines. */
const linesAtOnce = 4096

const help = `print     what the server knows: state, term, vote, leader, indexes
log       every entry of its log, term,index,command
suspend   into the Failed state: it receives and answers nothing
resume    back to follower
counters  what it received, passed on and dropped, name: value
help      this
exit      stop the server
`

/** Every command, for completion and for the message about an unknown one. */
export const consoleCommands: readonly string[] = help
  .trimEnd()
  .split('\n')
  .map((line) => line.slice(0, line.indexOf(' ')))

export class Console {
  readonly #parts: ConsoleParts

  constructor(parts: ConsoleParts) {
    this.#parts = parts
  }

  /** One line of input. A blank one does nothing. */
  execute(line: string): void {
    const { server, moreCounters, write, exit } = this.#parts
    switch (line.trim()) {
      case '':
        break
      case 'print':
        this.#writeLines(printLines(server))
        break
      case 'log':
        this.#writeLines(logLines(server))
        break
      case 'suspend':
        this.#confirm(server.suspend(), 'suspended', 'is suspended already')
        break
      case 'resume':
        this.#confirm(server.resume(), 'resumed', 'is not suspended')
        break
      case 'counters':
        this.#writeLines([...counterLines(server.counters), ...moreCounters(), ''])
        break
      case 'help':
        write(help)
        break
      case 'exit':
        exit()
        break
      default:
        this.#unknown(line.trim())
    }
  }

  #writeLines(lines: Iterable<string>): void {
    let text = ''
    let count = 0
    for (const line of lines) {
      text += `${line}\n`
      count += 1
      if (count % linesAtOnce !== 0) continue
      this.#parts.write(text)
      text = ''
    }
    if (text !== '') this.#parts.write(text)
  }

  #confirm(happened: boolean, what: string, otherwise: string): void {
    this.#parts.say(happened ? what : otherwise)
  }

  #unknown(command: string): void {
    const shown = JSON.stringify(command.length > 40 ? `${command.slice(0, 40)}...` : command)
    this.#parts.say(`unknown command ${shown}; there are ${consoleCommands.join(', ')}`)
  }
}
