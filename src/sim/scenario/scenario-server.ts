/**
 * One server of a scenario: the real driver around the real core, on a clock, a disk and a network
 * that are moved by hand. It outlives the crashes of the server in it.
 */
import { assert } from '../../base/assert.ts'
import { utf8Encode } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'
import type { Recovered } from '../../ports/index.ts'
import {
  type Answer,
  type Configuration,
  describeNotice,
  type Effects,
  type Entry,
  type Message,
  type Notice,
  Raft,
  type RaftOptions,
  type RaftState,
  type ReadConsistency,
  type ServerId,
  type Snapshot,
} from '../../raft/index.ts'
import { Server, type SnapshotParts, snapshotOptions } from '../../server/index.ts'
import { encodeMessage } from '../../wire/index.ts'
import type { WantedChange } from './command.ts'
import { asListingOne } from './listing-one.ts'
import { ManualClock } from './manual-clock.ts'
import { DiskFailure, ManualDisk } from './manual-disk.ts'
import type { Observer } from './observer.ts'
import { PlayMachine } from './play-machine.ts'
import { impossible } from './scenario-error.ts'
import { SnapshotTale } from './snapshot-tale.ts'
import type { Tasks } from './tasks.ts'
import { describeDurable, describeEntries, describeText, type Transcript } from './transcript.ts'
import { wholeOf } from './whole-change.ts'

/** A play says when snapshots are taken. */
const onlyWhenAsked = snapshotOptions({
  logBytesMin: Number.MAX_SAFE_INTEGER,
  logBytesMax: Number.MAX_SAFE_INTEGER,
  logEntriesMax: Number.MAX_SAFE_INTEGER,
})

/** What a server is in the midst of. */
export interface Surroundings {
  /** What the server is started with. */
  readonly configuration: Configuration
  readonly options: Partial<RaftOptions>
  readonly tasks: Tasks
  readonly transcript: Transcript
  readonly observer: () => Observer
  readonly send: (to: ServerId, bytes: Uint8Array, afterSave: boolean) => void
  /** The server has broken one of its invariants. */
  readonly broken: (error: Error) => void
  /** A server was told what no correct one says. */
  readonly contradicted: (notice: string) => void
}

export class ScenarioServer {
  readonly id: ServerId
  readonly clock: ManualClock
  readonly disk: ManualDisk
  /** It speaks Listing 1 and nothing more, as another implementation would. */
  readonly isForeign: boolean
  readonly #surroundings: Surroundings
  #server: Server | null = null
  readonly #proposals: string[] = []
  readonly #reads: string[] = []
  #changes = 0
  #transfers = 0
  /** Of the server's present life. */
  #machine = new PlayMachine()
  /** Applied since the last {@link tellWhatCame}. */
  #applied: Entry[] = []
  readonly #tale = new SnapshotTale()

  constructor(id: ServerId, initial: Recovered, isForeign: boolean, surroundings: Surroundings) {
    const { tasks } = surroundings
    this.id = id
    this.isForeign = isForeign
    this.#surroundings = surroundings
    this.clock = new ManualClock(tasks)
    this.disk = new ManualDisk(tasks, initial, {
      saving: (batches) => this.#observer.saving(id, batches),
      saved: () => this.#observer.saved(id),
    })
  }

  get #observer(): Observer {
    return this.#surroundings.observer()
  }

  get state(): RaftState | null {
    return this.isDown ? null : (this.#server?.state ?? null)
  }

  /** Crashed, or stopped for good. */
  get isDown(): boolean {
    return this.#server === null || this.#server.isStopped
  }

  get isSuspended(): boolean {
    return this.#server?.isSuspended === true
  }

  durable(): Recovered {
    return this.disk.recover()
  }

  /** The server, which must be there for what a command asks of it. */
  get running(): Server {
    if (this.#server === null || this.isDown) throw impossible(`${this.id} is down`)
    return this.#server
  }

  /** With what the disk holds. `random` is for this life. */
  start(random: Random): void {
    if (!this.isDown) throw impossible(`${this.id} is running already`)
    const { configuration, options } = this.#surroundings
    // Of a server that stopped by itself, too, nothing is under way any more.
    this.disk.crash(0)
    const raft = new WatchedRaft({
      id: this.id,
      configuration,
      options,
      random,
      now: this.clock.now(),
      recovered: this.disk.recover(),
    })
    this.#machine = new PlayMachine()
    this.#server = this.#driverOf(raft)
    this.#observer.restarted(this.id, this.disk.recover())
    this.#server.start()
    this.#tale.begin(this.#server.state)
  }

  /** Power is lost; `keeping` batches of the save under way happen to be on the disk. */
  crash(keeping: number): void {
    const server = this.#server
    if (server === null) throw impossible(`${this.id} is down`)
    if (keeping > this.disk.pending) {
      throw impossible(`${this.id} is saving ${this.disk.pending}, not ${keeping}`)
    }
    const known = describeDurable(toBeDurable(server.state))
    server.close()
    this.#server = null
    this.disk.crash(keeping)
    const kept = describeDurable(this.disk.recover())
    if (kept !== known) this.#surroundings.transcript.say(this.id, `crashes; saved was ${kept}`)
  }

  propose(command: string): void {
    this.running.propose(this.#proposals.length, utf8Encode(command))
    this.#proposals.push(command)
  }

  read(name: string, consistency: ReadConsistency): void {
    this.running.read(this.#reads.length, consistency)
    this.#reads.push(name)
  }

  transfer(to: ServerId | null): void {
    this.running.transfer(this.#transfers++, to)
  }

  change(wanted: WantedChange, force: boolean): void {
    const { configuration } = this.running.state
    const { voters, learners } = wholeOf(wanted, configuration)
    const members = [...voters, ...learners]
    const kept = [...configuration.addresses].filter(([id]) => members.includes(id))
    const changeId = this.#changes++
    this.running.changeMembership({ changeId, voters, learners, addresses: new Map(kept), force })
  }

  takeSnapshot(): void {
    if (this.isForeign) throw impossible(`${this.id} is foreign, and takes no snapshots`)
    if (this.running.state.lastApplied <= (this.running.state.snapshot?.lastIndex ?? 0)) {
      throw impossible(`${this.id} has applied nothing since its last snapshot`)
    }
    this.running.takeSnapshot()
  }

  /** One line for all that was applied in a turn, and what became of snapshots. */
  tellWhatCame(): void {
    const { transcript } = this.#surroundings
    const restored = this.#tale.takeRestored()
    if (restored !== null) transcript.say(this.id, restored)
    const applied = this.#applied
    this.#applied = []
    if (applied.length > 0) transcript.say(this.id, `commits ${describeEntries(applied)}`)
    const { state } = this
    if (state === null) return
    for (const what of this.#tale.takeOwn(state)) transcript.say(this.id, what)
  }

  #driverOf(raft: WatchedRaft): Server {
    const { transcript, send } = this.#surroundings
    const waited = new WeakSet<Uint8Array>()
    return new Server({
      raft,
      clock: this.clock,
      storage: this.disk,
      transport: { send: (to, bytes) => send(to, bytes, waited.has(bytes)) },
      encode: (message) => {
        this.#observer.sent(message)
        const bytes = encodeMessage(this.isForeign ? asListingOne(message) : message)
        if (raft.hasWaited(message)) waited.add(bytes)
        return bytes
      },
      apply: (entry) => {
        this.#machine.apply(entry)
        this.#observer.applied(this.id, entry, this.#machine.digest)
        this.#applied.push(entry)
      },
      snapshots: this.isForeign ? null : this.#snapshotParts(),
      answer: (answer) => this.#answer(answer),
      notice: (notice) => this.#notice(notice),
      fatal: (error) => {
        transcript.say(this.id, `stops: ${error.message}`)
        if (!(error instanceof DiskFailure)) this.#surroundings.broken(error)
      },
    })
  }

  #snapshotParts(): SnapshotParts {
    const machine = this.#machine
    const restore = (pieces: Iterable<Uint8Array>, snapshot: Snapshot): void => {
      machine.restore(pieces)
      this.#observer.restored(this.id, snapshot, machine.digest)
      this.#tale.restored(snapshot)
    }
    const source = { take: () => machine.snapshot(), restore }
    return { source, store: this.disk.snapshots, options: onlyWhenAsked }
  }

  #answer(answer: Answer): void {
    if (answer.kind === 'accepted' || answer.kind === 'changeAccepted') return
    if (answer.kind === 'changeRefused') {
      const reason = [answer.refusal, ...answer.servers].join(' ')
      this.#surroundings.transcript.say(this.id, `refuses the change: ${reason}`)
      return
    }
    if (answer.kind === 'transferred') {
      this.#surroundings.transcript.say(this.id, `has handed over to ${answer.leaderId}`)
      return
    }
    if (answer.kind === 'transferRefused') {
      this.#surroundings.transcript.say(this.id, `does not hand over: ${answer.refusal}`)
      return
    }
    if (answer.kind === 'readable') {
      const name = this.#reads[answer.readId]
      assert(name !== undefined, 'what may be read was asked for')
      this.#surroundings.transcript.say(this.id, `may read "${name}" as of ${answer.index}`)
      return
    }
    const what =
      answer.kind === 'unreadable'
        ? `does not read "${this.#reads[answer.readId]}"`
        : `refuses ${describeText(this.#proposals[answer.proposalId] as string)}`
    const leader = answer.leaderId === null ? 'it knows no leader' : `${answer.leaderId} leads`
    this.#surroundings.transcript.say(this.id, `${what}: ${answer.refusal}, ${leader}`)
  }

  #notice(notice: Notice): void {
    // A play shows the answer, and both logs.
    if (notice.kind === 'voteRefused') return
    const what = describeNotice(notice)
    this.#surroundings.transcript.say(this.id, what)
    if (notice.kind === 'contradiction') this.#surroundings.contradicted(`${this.id}: ${what}`)
  }
}

/** What of a server's state has to be on its disk, once it is saved. */
export function toBeDurable({ currentTerm, votedFor, log, snapshot }: RaftState): Recovered {
  const entries = log.slice((snapshot?.lastIndex ?? 0) + 1, log.lastIndex + 1)
  return { currentTerm, votedFor, entries, snapshot }
}

/** The core, which remembers the messages that it made wait for the disk. */
class WatchedRaft extends Raft {
  readonly #waited = new WeakSet<Message>()

  override takeEffects(): Effects {
    const effects = super.takeEffects()
    for (const message of effects.save?.thenSend ?? []) this.#waited.add(message)
    return effects
  }

  hasWaited(message: Message): boolean {
    return this.#waited.has(message)
  }
}
