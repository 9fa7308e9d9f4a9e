/**
 * The servers of a scenario, their clocks, their disks and the network between them, and the verbs
 * that move them. Nothing moves by itself: time, messages and held saves wait for a command, so
 * that a scenario says exactly what happens, and always the same.
 */
import { Random } from '../../base/random.ts'
import type { Recovered } from '../../ports/index.ts'
import type { Message, Milliseconds, ReadConsistency, ServerId } from '../../raft/index.ts'
import { configuration, emptyConfiguration } from '../../raft/index.ts'
import { encodeMessage, sizeOfEntry } from '../../wire/index.ts'
import { anyMessage, type DiskMode, isOfSort, untilQuiet, type WantedChange } from './command.ts'
import { Delivery } from './delivery.ts'
import { type Datagram, ManualNetwork } from './manual-network.ts'
import { type Observer, unobserved } from './observer.ts'
import { messageIn } from './off-the-wire.ts'
import { impossible, Problem } from './scenario-error.ts'
import { ScenarioServer } from './scenario-server.ts'
import type { ClusterSetup } from './setup.ts'
import { Tasks } from './tasks.ts'
import { describeDurable, describeForPlay, Transcript } from './transcript.ts'

const nothingDurable: Recovered = { currentTerm: 0, votedFor: null, entries: [] }

export class ScenarioCluster {
  readonly ids: readonly ServerId[]
  readonly network: ManualNetwork = new ManualNetwork(isOfSort)
  readonly transcript: Transcript
  readonly delivery: Delivery
  readonly #servers = new Map<ServerId, ScenarioServer>()
  #observer: Observer
  readonly #tasks = new Tasks()
  readonly #seed: string
  #lives = 0
  /** Several commands are one turn. */
  #isTogether = false
  #broken: Problem | null = null
  /** Nobody was made to say what a correct server does not. */
  #isHonest = true

  constructor(setup: ClusterSetup) {
    const { ids } = setup
    this.ids = ids
    this.#seed = setup.seed
    this.transcript = new Transcript(ids, describeForPlay)
    this.delivery = new Delivery(this.network, this.transcript, ids, (datagram) =>
      this.#receive(datagram),
    )
    this.#observer = unobserved
    const founders = ids.filter((id) => !setup.joining.has(id))
    for (const id of ids) {
      const initial = setup.disks.get(id) ?? nothingDurable
      const server = new ScenarioServer(id, initial, setup.foreign.has(id), {
        configuration: setup.joining.has(id) ? emptyConfiguration : configuration(founders),
        options: { verify: true, sizeOfEntry, ...setup.options },
        tasks: this.#tasks,
        transcript: this.transcript,
        observer: () => this.#observer,
        send: (to, bytes, afterSave) => this.network.send(messageIn(bytes, id, to), afterSave),
        broken: (error) => this.#break(error.message, error),
        contradicted: (notice) => {
          if (this.#isHonest) this.#break(`${notice}, and nobody was made to lie`, null)
        },
      })
      this.#servers.set(id, server)
    }
    this.#observer = setup.observe([...this.#servers.values()], founders)
    for (const id of ids) {
      this.#givenToDisk(id)
      this.#start(id)
    }
  }

  /** What a scenario's disks begin with was saved in the time before it. */
  #givenToDisk(id: ServerId): void {
    this.#observer.saving(id, [{ ...this.server(id).durable(), truncateFrom: null }])
    this.#observer.saved(id)
  }

  server(id: ServerId): ScenarioServer {
    return this.#servers.get(id) as ScenarioServer
  }

  /** What `commands` do happens in one turn: the servers look only when all of it has come. */
  together(commands: () => void): void {
    this.#isTogether = true
    this.delivery.isOneRound = true
    commands()
    this.#isTogether = false
    this.delivery.isOneRound = false
    this.#turn(() => {})
  }

  /** `id` is elected, and everybody knows what it has committed. Nothing of it is written down. */
  makeLeader(id: ServerId): void {
    this.transcript.isMuted = true
    this.timeout(id)
    this.delivery.deliver(anyMessage, untilQuiet)
    if (this.server(id).state?.role.kind !== 'leader') {
      throw impossible(`${id} does not win the election`)
    }
    this.heartbeat(id)
    this.delivery.deliver(anyMessage, untilQuiet)
    this.transcript.isMuted = false
    this.delivery.countAnew()
  }

  /** The server's election timeout passes. */
  timeout(id: ServerId): void {
    const { role, electionDeadline } = this.server(id).running.state
    if (role.kind === 'leader') throw impossible(`${id} leads, and has no election timeout`)
    this.#ringAt(id, electionDeadline)
  }

  /** The leader's next heartbeat is due. */
  heartbeat(id: ServerId): void {
    const { role } = this.server(id).running.state
    if (role.kind !== 'leader') throw impossible(`${id} does not lead`)
    this.#ringAt(id, role.heartbeatDeadline)
  }

  /** The longest election timeout passes, in which the leader hears nobody. */
  quorumCheck(id: ServerId): void {
    const { role, options } = this.server(id).running.state
    if (role.kind !== 'leader') throw impossible(`${id} does not lead`)
    this.#ringAt(id, this.server(id).clock.now() + options.electionTimeoutMaxMs)
  }

  /** `duration` passes for these servers alike; their alarms go off in the order of time. */
  wait(ids: readonly ServerId[], duration: Milliseconds): void {
    this.#pass(ids, duration, () => {})
  }

  /**
   * The same for everybody, and what is sent arrives at once. Messages are not written down, but
   * what comes of them is.
   */
  run(duration: Milliseconds): void {
    const deliver = (): void => this.delivery.deliver(anyMessage, untilQuiet)
    this.transcript.isBrief = true
    deliver()
    this.#pass(this.ids, duration, deliver)
    this.transcript.isBrief = false
  }

  #pass(ids: readonly ServerId[], duration: Milliseconds, afterwards: () => void): void {
    const waiting = ids.map((id) => ({ id, begin: this.server(id).clock.now() }))
    const timeLeft = ({ id, begin }: { id: ServerId; begin: Milliseconds }): Milliseconds =>
      (this.server(id).clock.deadline ?? Number.POSITIVE_INFINITY) - begin
    for (;;) {
      const first = waiting.reduce((a, b) => (timeLeft(b) < timeLeft(a) ? b : a))
      const passed = timeLeft(first)
      if (passed > duration) break
      for (const { id, begin } of waiting) {
        this.setClock(id, Math.max(this.server(id).clock.now(), begin + passed))
      }
      this.wake(first.id)
      afterwards()
    }
    for (const { id, begin } of waiting) this.setClock(id, begin + duration)
  }

  /** The server's time is `time` now, and nobody has told it yet. */
  setClock(id: ServerId, time: Milliseconds): void {
    const { clock } = this.server(id)
    if (time < clock.now()) throw impossible(`it is ${clock.now()} ms on ${id}'s clock already`)
    clock.moveTo(time)
  }

  /** The server's alarm goes off, which must be due. */
  wake(id: ServerId): void {
    const { clock } = this.server(id)
    this.#turn(() => {
      if (!clock.ring()) throw impossible(`nothing is due on ${id} at ${clock.now()} ms`)
    })
  }

  propose(id: ServerId, command: string): void {
    this.#turn(() => this.server(id).propose(command))
  }

  read(id: ServerId, name: string, consistency: ReadConsistency): void {
    this.#turn(() => this.server(id).read(name, consistency))
  }

  transfer(id: ServerId, to: ServerId | null): void {
    this.#turn(() => this.server(id).transfer(to))
  }

  change(id: ServerId, wanted: WantedChange, force: boolean): void {
    this.#turn(() => this.server(id).change(wanted, force))
  }

  snapshot(id: ServerId): void {
    this.#turn(() => this.server(id).takeSnapshot())
  }

  /** A message that no server has sent goes on its way. */
  forge(message: Message): void {
    this.#isHonest = false
    const { from, to } = message
    this.network.send(messageIn(encodeMessage(message), from, to), false)
  }

  crash(id: ServerId, keeping: number): void {
    this.#turn(() => this.server(id).crash(keeping))
  }

  restart(id: ServerId): void {
    this.#start(id)
    this.transcript.say(id, `restarts with ${describeDurable(this.server(id).durable())}`)
  }

  wipe(id: ServerId): void {
    const server = this.server(id)
    if (!server.isDown) throw impossible(`${id} is running`)
    server.disk.wipe()
    // Raft promises nothing to a cluster whose servers forget their promises (§3.8).
    this.#isHonest = false
    this.#observer = unobserved
  }

  suspend(id: ServerId): void {
    this.#turn(() => this.server(id).running.suspend())
  }

  resume(id: ServerId): void {
    if (!this.server(id).isSuspended) throw impossible(`${id} is not suspended`)
    this.#turn(() => this.server(id).running.resume())
  }

  setDisk(id: ServerId, mode: DiskMode): void {
    const { disk } = this.server(id)
    disk.mode = mode
    if (mode !== 'holds' && disk.isBusy) this.#turn(() => disk.release())
  }

  fillDisk(id: ServerId, roomBytes: number | null): void {
    this.#turn(() => this.server(id).disk.fill(roomBytes))
  }

  /** The save that is under way ends; where there is none, the snapshot. */
  save(id: ServerId): void {
    const { disk } = this.server(id)
    if (!disk.isBusy) throw impossible(`${id} is saving nothing`)
    this.#turn(() => disk.finish())
  }

  #start(id: ServerId): void {
    this.#lives += 1
    const random = new Random(`${this.#seed}/${id}/${this.#lives}`)
    this.#turn(() => this.server(id).start(random))
  }

  #ringAt(id: ServerId, time: Milliseconds): void {
    if (this.server(id).isSuspended) throw impossible(`${id} is suspended`)
    this.setClock(id, Math.max(time, this.server(id).clock.now()))
    this.wake(id)
  }

  /** The message comes to its server; one that is suspended is given it all the same. */
  #receive({ message, to, afterSave }: Datagram): void {
    const server = this.server(to)
    const fate = server.isDown ? 'down' : server.isSuspended ? 'suspended' : null
    const remark = fate === null ? (afterSave ? 'after save' : '') : `lost: ${to} is ${fate}`
    this.transcript.message(message, remark)
    if (!server.isDown) this.#turn(() => server.running.receive(message))
  }

  /** An action and all that comes of it at once. */
  #turn(action: () => void): void {
    action()
    if (this.#isTogether) return
    this.#afterEvent()
    this.#tasks.run(() => this.#afterEvent())
  }

  #afterEvent(): void {
    for (const server of this.#servers.values()) server.tellWhatCame()
    if (this.#broken !== null) throw this.#broken
    for (const id of this.ids) {
      const { latest } = this.server(id).disk.snapshots
      if (latest !== null) this.#observer.snapshotDurable(id, latest.lastIndex)
      this.#observer.afterEvent(id)
    }
  }

  #break(what: string, cause: Error | null): void {
    this.#broken ??= new Problem('INVARIANT', what, cause)
  }
}
