/**
 * Drives one life of an ALPO server: inputs in, effects out, in the order that effects.ts asks for:
 * nothing of a batch leaves before what it has to save is durable, nor before the batches ahead of
 * it have left.
 */
import type {
  Alpo,
  Effects,
  Entry,
  Input,
  Message,
  Notice,
  ProposalAnswer,
  Save,
} from '../../alpo/index.ts'
import type { Milliseconds } from '../../raft/index.ts'

/** What the driver needs of the machine that it runs on. */
export interface Machine {
  now(): Milliseconds
  /** The one alarm is for then. */
  wakeAt(deadline: Milliseconds): void
  /** Makes it durable; to be answered by {@link AlpoDriver.saved}, in the order of the calls. */
  save(save: Save): void
  send(message: Message): void
  applied(entry: Entry): void
  answered(answer: ProposalAnswer): void
  noticed(notice: Notice): void
}

export class AlpoDriver {
  readonly #alpo: Alpo
  readonly #machine: Machine
  /** Batches that wait for the disk; of those without a save, for the ones ahead of them. */
  #waiting: Effects[] = []

  constructor(alpo: Alpo, machine: Machine) {
    this.#alpo = alpo
    this.#machine = machine
  }

  get state(): Alpo['state'] {
    return this.#alpo.state
  }

  start(): void {
    this.#machine.wakeAt(this.#alpo.nextDeadline)
  }

  step(input: Input): void {
    this.#alpo.step(input, this.#machine.now())
    const effects = this.#alpo.takeEffects()
    // Roles change at once; it is what is said that waits.
    for (const notice of effects.notices) this.#machine.noticed(notice)
    this.#waiting.push(effects)
    if (effects.save !== null) this.#machine.save(effects.save)
    this.#release()
    this.#machine.wakeAt(this.#alpo.nextDeadline)
  }

  /** The oldest save under way is durable. */
  saved(): void {
    const first = this.#waiting.shift()
    if (first !== undefined) this.#leave(first)
    this.#release()
  }

  /** What waits for no save any more leaves. */
  #release(): void {
    while (this.#waiting[0]?.save === null) this.#leave(this.#waiting.shift() as Effects)
  }

  #leave({ send, apply, answers }: Effects): void {
    for (const message of send) this.#machine.send(message)
    for (const entry of apply) this.#machine.applied(entry)
    for (const answer of answers) this.#machine.answered(answer)
  }
}
