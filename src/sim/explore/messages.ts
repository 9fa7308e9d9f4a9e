/**
 * The messages of an exploration by number: each is kept once, however many worlds hold it.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import { describeMessage } from '../../raft/index.ts'

export class Messages {
  readonly #all: Message[] = []
  readonly #ids = new Map<string, number>()
  /** By number of the message: the places of its receiver and its sender among the servers. */
  readonly to: number[] = []
  readonly from: number[] = []
  readonly #voters: readonly ServerId[]

  constructor(voters: readonly ServerId[]) {
    this.#voters = voters
  }

  get size(): number {
    return this.#all.length
  }

  /** The message's number; equal messages have one number. */
  idOf(message: Message): number {
    const { from, to } = message
    const requestId = 'requestId' in message ? message.requestId : 0
    const key = `${from} ${to} ${requestId} ${describeMessage(message)}`
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.#all.length
      this.#all.push(message)
      this.to.push(this.#voters.indexOf(to))
      this.from.push(this.#voters.indexOf(from))
      this.#ids.set(key, id)
    }
    return id
  }

  get(id: number): Message {
    return this.#all[id] as Message
  }

  text(id: number): string {
    const message = this.get(id)
    return `${message.from}→${message.to} ${describeMessage(message)}`
  }
}
