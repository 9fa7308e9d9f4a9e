/**
 * Exactly once, by serial numbers (every write has one of its own): each is carried out at one
 * index or at none, on every server alike; an acknowledged one is, with the response that its
 * client got; one that is said not to have happened is not, then or later. And reads: an answer is
 * what the store held at the index that it names, which is no older than what had been acknowledged
 * to anybody before it was asked.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { LogIndex } from '../../raft/index.ts'
import { numbered } from './numbered-machine.ts'
import { commandOf, type Read, type Write, type WriteInput } from './operation.ts'
import { Truth } from './truth.ts'

/** Something is not as it must be. */
export type Complain = (what: string) => void

const serialBytes = 4

export class SerialOracle {
  readonly #writes: Write[] = []
  readonly #truth = new Truth()
  readonly #complain: Complain
  /** The highest index that any client has been told of by a write or an up-to-date read. */
  acknowledgedTo: LogIndex = 0

  constructor(complain: Complain) {
    this.#complain = complain
  }

  get writes(): readonly Write[] {
    return this.#writes
  }

  get nextSerial(): number {
    return this.#writes.length + 1
  }

  /** A write that is about to be asked for, and its command. */
  ask(input: WriteInput, hasSession: boolean): { write: Write; command: Uint8Array } {
    const serial = this.nextSerial
    const write: Write = { serial, input, hasSession, status: 'asked', index: 0, response: null }
    this.#writes.push(write)
    return { write, command: numbered(serial, commandOf(input)) }
  }

  /** A server carries it out. */
  execute(server: string, serial: number, index: LogIndex, response: Uint8Array): void {
    const write = this.#writes[serial - 1]
    if (write === undefined) {
      this.#complain(`${server} carries out at ${index} what nobody has asked for`)
    } else if (write.index === 0) {
      this.#first(server, write, index, response)
    } else if (write.index !== index) {
      this.#complain(
        `${server} carries write ${serial} out at ${index}, and it was at ${write.index}`,
      )
    } else if (!bytesEqual(write.response as Uint8Array, response)) {
      this.#complain(`${server} answers write ${serial} at ${index} unlike the others`)
    }
  }

  acknowledged(write: Write, index: LogIndex, response: Uint8Array): void {
    write.status = 'acknowledged'
    if (write.index === 0) {
      this.#complain(`write ${write.serial} is acknowledged, and no server has carried it out`)
    } else if (write.index !== index) {
      this.#complain(
        `write ${write.serial} is acknowledged at ${index}, and happened at ${write.index}`,
      )
    } else if (!bytesEqual(write.response as Uint8Array, response)) {
      this.#complain(`write ${write.serial} is acknowledged with another write's response`)
    }
    this.acknowledgedTo = Math.max(this.acknowledgedTo, index)
  }

  /** Its client is told that it has had no effect and will have none. */
  notApplied(write: Write): void {
    write.status = 'notApplied'
    if (write.index > 0) {
      this.#complain(`write ${write.serial} is said to be without effect, and is at ${write.index}`)
    }
  }

  /** A read is answered. */
  read({ key, consistency, floor }: Read, index: LogIndex, answer: Uint8Array): void {
    if (!this.#truth.isAnswerAt(key, index, answer)) {
      this.#complain(`a ${consistency} read of ${key} is answered as it was not after ${index}`)
    }
    if (consistency === 'stale') return
    if (index < floor) {
      this.#complain(
        `a ${consistency} read of ${key} reflects ${index}; ${floor} was acknowledged before it`,
      )
    }
    this.acknowledgedTo = Math.max(this.acknowledgedTo, index)
  }

  #first(server: string, write: Write, index: LogIndex, response: Uint8Array): void {
    const command = commandOf(write.input)
    const bytes = numbered(write.serial, command).subarray(serialBytes)
    write.index = index
    write.response = this.#truth.execute(command, bytes, index)
    if (!bytesEqual(write.response, response)) {
      this.#complain(
        `${server} answers write ${write.serial} at ${index} as its state does not say`,
      )
    }
    if (write.status === 'notApplied') {
      this.#complain(`write ${write.serial} was said to be without effect, and is at ${index}`)
    }
  }
}
