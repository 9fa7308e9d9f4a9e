/**
 * A play on ALPO: the same verbs as on Raft, as far as they mean something here. A guarantee that
 * breaks is written down and the play goes on, so that it can show what comes of it; one that
 * nobody expected fails the play in the end.
 */
import {
  type AlpoState,
  describeMessage,
  type Message,
  type ServerId,
} from '../../../alpo/index.ts'
import { Random } from '../../../base/random.ts'
import type { Milliseconds } from '../../../raft/index.ts'
import { AlpoCheckers } from '../../alpo/checkers.ts'
import { isStuck, lastEntries } from '../../alpo/electable.ts'
import type { InvariantError } from '../../checkers/index.ts'
import { anyMessage, type Breach, untilQuiet } from '../command.ts'
import { Delivery } from '../delivery.ts'
import { type Datagram, ManualNetwork } from '../manual-network.ts'
import { impossible, Problem } from '../scenario-error.ts'
import type { ActionCommand, Stage } from '../stage.ts'
import { Tasks } from '../tasks.ts'
import { Transcript } from '../transcript.ts'
import { act } from './actions.ts'
import { isOfSort } from './expectations.ts'
import { AlpoPlayServer } from './server.ts'
import type { AlpoStageSetup } from './setup.ts'

export class AlpoStage implements Stage {
  readonly ids: readonly ServerId[]
  readonly network: ManualNetwork<Message> = new ManualNetwork<Message>(isOfSort)
  readonly transcript: Transcript<Message>
  readonly delivery: Delivery<Message>
  readonly breaches: Breach[] = []
  readonly #expected = new Set<string>()
  readonly #servers = new Map<ServerId, AlpoPlayServer>()
  readonly #checkers: AlpoCheckers
  readonly #tasks = new Tasks()
  readonly #seed: string
  #lives = 0
  #isTogether = false

  constructor({ ids, logs, options, seed }: AlpoStageSetup) {
    this.ids = ids
    this.#seed = seed
    this.transcript = new Transcript<Message>(ids, describeMessage)
    this.delivery = new Delivery<Message>(this.network, this.transcript, ids, (datagram) =>
      this.#receive(datagram),
    )
    const surroundings = {
      ids,
      options,
      tasks: this.#tasks,
      transcript: this.transcript,
      send: (message: Message) => {
        this.#checkers.sent(message)
        this.network.send(message, false)
      },
      applied: (id: ServerId, entry: Parameters<AlpoCheckers['applied']>[1]) =>
        this.#checkers.applied(id, entry),
    }
    for (const id of ids) {
      this.#servers.set(id, new AlpoPlayServer(id, logs.get(id) ?? [], surroundings))
    }
    this.#checkers = new AlpoCheckers([...this.#servers.values()], (error) => this.#broken(error))
    for (const id of ids) this.#start(id)
  }

  act(command: ActionCommand): void {
    act(this, command)
  }

  server(id: ServerId): AlpoPlayServer {
    return this.#servers.get(id) as AlpoPlayServer
  }

  get running(): ServerId[] {
    return this.ids.filter((id) => !this.server(id).isDown)
  }

  /** Of those that are running. */
  get states(): AlpoState[] {
    return this.running.map((id) => this.server(id).running.state)
  }

  /** What `commands` do happens in one turn: the servers look only when all of it has come. */
  together(commands: () => void): void {
    this.#isTogether = true
    this.delivery.isOneRound = true
    commands()
    this.#isTogether = false
    this.delivery.isOneRound = false
    this.turn(() => {})
  }

  takeOutput(): string[] {
    this.delivery.countAnew()
    return this.transcript.take()
  }

  /** Whether it is broken; from then on it is no surprise. */
  expectBreach(invariant: string): string | null {
    this.#expected.add(invariant)
    const isBroken = this.breaches.some((breach) => breach.invariant === invariant)
    return isBroken ? null : `${invariant} is not broken`
  }

  end(): Problem | null {
    const surprise = this.breaches.find(({ invariant }) => !this.#expected.has(invariant))
    if (surprise === undefined) return null
    return new Problem('INVARIANT', `${surprise.invariant}: ${surprise.detail}`)
  }

  /** `id` is elected and all hear of it. Nothing of it is written down. */
  makeLeader(id: ServerId): void {
    this.transcript.isMuted = true
    this.timeout(id)
    this.delivery.deliver(anyMessage, untilQuiet)
    this.transcript.isMuted = false
    this.delivery.countAnew()
    if (this.server(id).running.state.role.kind !== 'leader') {
      throw impossible(`${id} does not win the election`)
    }
  }

  timeout(id: ServerId): void {
    const { role, electionDeadline } = this.server(id).running.state
    if (role.kind === 'leader') throw impossible(`${id} leads, and has no election timeout`)
    this.#ringAt(id, electionDeadline)
  }

  heartbeat(id: ServerId): void {
    const { role } = this.server(id).running.state
    if (role.kind !== 'leader') throw impossible(`${id} does not lead`)
    this.#ringAt(id, role.heartbeatDeadline)
  }

  restart(id: ServerId): void {
    this.#start(id)
    const { currentTerm, log } = this.server(id).running.state
    const last = log.lastId === 0 ? 'its log is empty' : 'that of its last entry'
    this.transcript.say(id, `restarts in term ${currentTerm}, ${last}, with no vote`)
  }

  /** An action and all that comes of it at once. */
  turn(action: () => void): void {
    action()
    if (this.#isTogether) return
    this.#afterEvent()
    this.#tasks.run(() => this.#afterEvent())
  }

  /**
   * A breach of liveness: the play has come to where nobody can win any more. Looked at by whoever
   * searches for such a place; see src/sim/shrink.
   */
  get stuck(): Breach | null {
    const { states } = this
    if (!isStuck(states)) return null
    return { invariant: 'liveness', detail: `nobody can be elected: ${lastEntries(states)}` }
  }

  #start(id: ServerId): void {
    this.#lives += 1
    const random = new Random(`${this.#seed}/${id}/${this.#lives}`)
    this.turn(() => this.server(id).start(random))
  }

  #ringAt(id: ServerId, time: Milliseconds): void {
    const { clock } = this.server(id)
    clock.moveTo(Math.max(time, clock.now()))
    this.turn(() => clock.ring())
  }

  #receive({ message, to }: Datagram<Message>): void {
    const server = this.server(to)
    this.transcript.message(message, server.isDown ? `lost: ${to} is down` : '')
    if (!server.isDown) this.turn(() => server.running.step({ kind: 'receive', message }))
  }

  #afterEvent(): void {
    for (const server of this.#servers.values()) server.tellApplied()
    for (const id of this.ids) this.#checkers.afterEvent(id)
  }

  /** The first of its kind is told; those that follow from it would say little more. */
  #broken({ invariant, detail }: InvariantError): void {
    if (this.breaches.some((breach) => breach.invariant === invariant)) return
    this.breaches.push({ invariant, detail })
    this.transcript.say('**', `${invariant} is broken: ${detail}`)
  }
}
