/**
 * Commands that wait until it is known who leads (C12). Bounded in number and in bytes: past either
 * the oldest go, since their clients wait for no answer and the newest are the likeliest to matter.
 */
import { assert } from '../base/assert.ts'

/** A client's command on its way to the leader. */
export interface TravellingCommand {
  readonly command: Uint8Array
  /** How many servers have passed it on. */
  readonly hops: number
}

/** What four clients as fast as ours send in the second that an election may take. */
export const bufferedCommandsMax = 40_000

/** The same for long commands. */
export const bufferedBytesMax: number = 16 * 1024 * 1024

export class CommandBuffer {
  /** From `#head` on they wait; what is before has been taken. */
  #commands: TravellingCommand[] = []
  #head = 0
  #bytes = 0
  readonly #commandsMax: number
  readonly #bytesMax: number

  constructor(commandsMax: number = bufferedCommandsMax, bytesMax: number = bufferedBytesMax) {
    assert(commandsMax > 0, 'a buffer has room for a command')
    this.#commandsMax = commandsMax
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#commands.length - this.#head
  }

  /** Puts a command last; returns how many of the oldest had to go for it. */
  push(command: TravellingCommand): number {
    this.#commands.push(command)
    this.#bytes += command.command.length
    let dropped = 0
    while (this.length > this.#commandsMax || (this.#bytes > this.#bytesMax && this.length > 1)) {
      this.shift()
      dropped += 1
    }
    return dropped
  }

  /** Puts commands that were taken before back, ahead of the rest. */
  unshift(commands: readonly TravellingCommand[]): number {
    const rest = this.#commands.slice(this.#head)
    this.#commands = []
    this.#head = 0
    this.#bytes = 0
    let dropped = 0
    for (const command of commands) dropped += this.push(command)
    for (const command of rest) dropped += this.push(command)
    return dropped
  }

  /** Takes the oldest; null where there is none. */
  shift(): TravellingCommand | null {
    const command = this.#commands[this.#head]
    if (command === undefined) return null
    this.#head += 1
    this.#bytes -= command.command.length
    assert(this.#bytes >= 0, 'no more is taken than was put in')
    if (this.#head * 2 >= this.#commands.length) {
      this.#commands = this.#commands.slice(this.#head)
      this.#head = 0
    }
    return command
  }
}
