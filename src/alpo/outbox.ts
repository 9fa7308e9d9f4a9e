/** In which the effects of steps collect until they are taken. */
import type { Effects, Notice, ProposalAnswer } from './effects.ts'
import type { Log } from './log.ts'
import type { Message } from './message.ts'
import type { Entry, LogId } from './types.ts'

export class Outbox {
  /** The first entry that is not as it was given to the disk; null where all are. */
  #changedFrom: LogId | null = null
  /** How much of the log the disk was given. */
  #givenLength: LogId | null = null
  send: Message[] = []
  apply: Entry[] = []
  answers: ProposalAnswer[] = []
  notices: Notice[] = []

  /** The log is about to change from `id` on. */
  changes(log: Log, id: LogId): void {
    this.#givenLength ??= log.lastId
    this.#changedFrom = Math.min(this.#changedFrom ?? id, id)
  }

  take(log: Log): Effects {
    const { send, apply, answers, notices } = this
    const from = this.#changedFrom
    const isCut = from !== null && from <= (this.#givenLength ?? 0)
    const save =
      from === null ? null : { truncateFrom: isCut ? from : null, entries: log.from(from) }
    this.#changedFrom = null
    this.#givenLength = null
    this.send = []
    this.apply = []
    this.answers = []
    this.notices = []
    return { save, send, apply, answers, notices }
  }
}
