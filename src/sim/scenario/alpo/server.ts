/**
 * One ALPO server of a play: core and driver on a clock that is moved by hand and a disk that saves
 * at once. It outlives the crashes of the server in it.
 */
import {
  Alpo,
  type AlpoOptions,
  type AlpoState,
  describeEntry,
  describeNotice,
  type Entry,
  type Message,
  type ProposalAnswer,
  type ServerId,
} from '../../../alpo/index.ts'
import { utf8Encode } from '../../../base/bytes.ts'
import type { Random } from '../../../base/random.ts'
import type { AlpoView } from '../../alpo/checkers.ts'
import { AlpoDriver } from '../../alpo/driver.ts'
import { AlpoStore } from '../../alpo/store.ts'
import { ManualClock } from '../manual-clock.ts'
import { impossible } from '../scenario-error.ts'
import type { Tasks } from '../tasks.ts'
import { formatTerms } from '../terms.ts'
import type { Transcript } from '../transcript.ts'

export interface AlpoSurroundings {
  readonly ids: readonly ServerId[]
  readonly options: Partial<AlpoOptions>
  readonly tasks: Tasks
  readonly transcript: Transcript<Message>
  readonly send: (message: Message) => void
  readonly applied: (id: ServerId, entry: Entry) => void
}

export class AlpoPlayServer implements AlpoView {
  readonly id: ServerId
  readonly clock: ManualClock
  readonly #store: AlpoStore
  readonly #surroundings: AlpoSurroundings
  readonly #proposals: string[] = []
  #driver: AlpoDriver | null = null
  /** Applied since the last {@link tellApplied}. */
  #applied: Entry[] = []

  constructor(id: ServerId, entries: readonly Entry[], surroundings: AlpoSurroundings) {
    this.id = id
    this.clock = new ManualClock(surroundings.tasks)
    this.#store = new AlpoStore(entries)
    this.#surroundings = surroundings
  }

  get state(): AlpoState | null {
    return this.#driver?.state ?? null
  }

  get saved(): readonly Entry[] {
    return this.#store.durable
  }

  get isDown(): boolean {
    return this.#driver === null
  }

  /** The server, which must be there for what a command asks of it. */
  get running(): AlpoDriver {
    if (this.#driver === null) throw impossible(`${this.id} is down`)
    return this.#driver
  }

  /** With what the disk holds; the term is that of its last entry (A2). */
  start(random: Random): void {
    if (!this.isDown) throw impossible(`${this.id} is running already`)
    const { ids, options } = this.#surroundings
    const alpo = new Alpo({
      serverId: this.id,
      clusterMap: ids,
      options,
      random,
      now: this.clock.now(),
      accepted: this.saved,
    })
    this.#driver = this.#driverOf(alpo)
    this.#driver.start()
  }

  /**
   * Nothing is under way to the disk between two commands, so that only what is not saved is lost.
   */
  crash(): void {
    const { currentTerm, vote } = this.running.state
    this.clock.cancel()
    this.#driver = null
    const before = `term ${currentTerm}, vote ${vote?.serverId ?? 'none'}`
    const known = formatTerms(this.saved.map(({ term }) => term))
    this.#surroundings.transcript.say(this.id, `crashes; lost is ${before}; saved was log ${known}`)
  }

  propose(command: string): void {
    const proposalId = this.#proposals.push(command) - 1
    this.running.step({ kind: 'propose', proposalId, command: utf8Encode(command) })
  }

  tellApplied(): void {
    if (this.#applied.length === 0) return
    const entries = this.#applied.map(describeEntry).join(', ')
    this.#surroundings.transcript.say(this.id, `commits ${entries}`)
    this.#applied = []
  }

  #driverOf(alpo: Alpo): AlpoDriver {
    const { send, transcript, applied } = this.#surroundings
    const driver: AlpoDriver = new AlpoDriver(alpo, {
      now: () => this.clock.now(),
      wakeAt: (deadline) => this.clock.wakeAt(deadline, () => driver.step({ kind: 'tick' })),
      save: (save) => {
        this.#store.save(save)
        this.#store.sync()
        this.#surroundings.tasks.add(() => {
          if (this.#driver === driver) driver.saved()
        })
      },
      send,
      applied: (entry) => {
        applied(this.id, entry)
        this.#applied.push(entry)
      },
      answered: (answer) => this.#answered(answer),
      noticed: (notice) => transcript.say(this.id, describeNotice(notice)),
    })
    return driver
  }

  #answered({ kind, proposalId }: ProposalAnswer): void {
    if (kind === 'accepted') return
    const { transcript } = this.#surroundings
    transcript.say(this.id, `refuses "${this.#proposals[proposalId]}": not the leader`)
  }
}
