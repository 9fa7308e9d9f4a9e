/**
 * One Raft server: inputs in, effects out. This is the code that runs in production and in the
 * simulator alike; it touches the world only through ports. What it knows of Raft is one rule: the
 * batch's order (send; save, then what waits for it; apply; answer).
 */
import { assert } from '../base/assert.ts'
import type {
  ChangeMembership,
  Input,
  Message,
  ProposalId,
  ProposedKind,
  RaftState,
  ReadConsistency,
  ReadId,
  Save,
  ServerId,
  TransferId,
} from '../raft/index.ts'
import { saved } from '../raft/index.ts'
import { DiskWatch } from './disk-watch.ts'
import { Saver } from './saver.ts'
import type { ServerParts } from './server-parts.ts'
import { Snapshots } from './snapshots.ts'

export class Server {
  readonly #parts: ServerParts
  readonly #saver: Saver
  readonly #snapshots: Snapshots | null
  readonly #diskWatch: DiskWatch
  /** Inputs that have come since the last drain; the batch of one turn. */
  #inbox: Input[] = []
  #drainIsDue = false
  #isDraining = false
  /** When the clock was to wake us, as of the last time it was told. */
  #alarmAt = Number.POSITIVE_INFINITY
  readonly #wakeUp = (): void => this.#wake()
  #state: 'new' | 'running' | 'suspended' | 'stopped' = 'new'

  constructor(parts: ServerParts) {
    this.#parts = parts
    this.#saver = new Saver(
      parts.storage,
      (saves) => this.#guard(() => this.#durable(saves)),
      (error) => this.#stop(error),
    )
    this.#snapshots = this.#snapshotsOf(parts)
    this.#diskWatch = new DiskWatch(parts.storage.space ?? null, {
      now: () => this.#now(),
      step: (input) => this.#accept(input),
      takeSnapshot: () => this.takeSnapshot(),
    })
  }

  /** Begins to keep time. */
  start(): void {
    assert(this.#state === 'new', 'a server is started once')
    this.#state = 'running'
    this.#guard(() => this.#snapshots?.restoreLatest())
    this.#diskWatch.start()
    this.#arm()
  }

  /** To be read only. */
  get state(): RaftState {
    return this.#parts.raft.state
  }

  get isSuspended(): boolean {
    return this.#state === 'suspended'
  }

  get isStopped(): boolean {
    return this.#state === 'stopped'
  }

  /** Takes a snapshot now, where the server takes any and there is something new. */
  takeSnapshot(): void {
    if (this.#state === 'running') this.#guard(() => this.#snapshots?.take())
  }

  /** Saves that are not durable yet. */
  get pendingSaves(): number {
    return this.#saver.pending
  }

  /** A message from a server of the configuration; the caller has checked that it is one. */
  receive(message: Message): void {
    this.#accept({ kind: 'receive', message })
  }

  /** Answered through `answer`, in the same turn; not at all by a server that is not running. */
  propose(proposalId: ProposalId, command: Uint8Array, entryKind: ProposedKind = 'command'): void {
    this.#accept({ kind: 'propose', proposalId, entryKind, command })
  }

  /**
   * Answered through `answer`, once, in this turn or later: at the latest an election timeout after
   * leadership has gone. Not at all by a server that is suspended, until it goes on, or closed.
   */
  read(readId: ReadId, consistency: ReadConsistency): void {
    this.#accept({ kind: 'read', readId, consistency })
  }

  /** Answered through `answer`, as a proposal is; who takes part from then on is in the log. */
  changeMembership(change: Omit<ChangeMembership, 'kind'>): void {
    const { incarnations = this.#incarnationsOf([...change.voters, ...change.learners]) } = change
    this.#accept({ ...change, incarnations, kind: 'changeMembership' })
  }

  /**
   * Leadership is to pass to `to`, or to whoever is most up to date (§3.10). Answered through
   * `answer`, once, at the latest an election timeout later.
   */
  transfer(transferId: TransferId, to: ServerId | null): void {
    this.#accept({ kind: 'transfer', transferId, to })
  }

  /**
   * The course's Failed state: nothing is taken in, sent, timed or applied, as if the process had
   * been stopped. Saves that are under way still end.
   */
  suspend(): void {
    if (this.#state !== 'running') return
    this.#inbox = []
    this.#state = 'suspended'
    this.#parts.clock.cancel()
  }

  /** Back to follower, with term, vote and log as they were and a fresh election timer. */
  resume(): void {
    if (this.#state !== 'suspended') return
    this.#state = 'running'
    this.#accept({ kind: 'resume' })
    this.#diskWatch.tell()
  }

  /** Stops for good, for a reason of its owner's: told as any other. */
  fail(error: Error): void {
    this.#stop(error)
  }

  /** Stops for good. What was not durable was not promised to anybody. */
  close(): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#inbox = []
    this.#saver.close()
    this.#snapshots?.close()
    this.#parts.clock.cancel()
  }

  #incarnationsOf(ids: readonly ServerId[]): Map<ServerId, number> {
    const known = ids.map((id) => [id, this.#parts.incarnationOf?.(id) ?? null] as const)
    return new Map(known.filter((one): one is [ServerId, number] => one[1] !== null))
  }

  /**
   * Inputs are gathered until the waiting ones have been read, and then stepped through together:
   * one save, one message per peer, for all that came in one turn. Only while it runs.
   */
  #accept(input: Input): void {
    if (this.#state !== 'running') return
    this.#inbox.push(input)
    if (this.#drainIsDue) return
    this.#drainIsDue = true
    this.#parts.clock.soon(() => {
      this.#drainIsDue = false
      this.#guard(() => this.#drain())
    })
  }

  #wake(): void {
    // What has arrived is taken in first: after a pause a leader's message may be waiting.
    this.#inbox.push({ kind: 'tick' })
    this.#diskWatch.wake()
    this.#guard(() => this.#drain())
  }

  #drain(): void {
    if (this.#state !== 'running') return
    assert(!this.#isDraining, 'a drain does not start another')
    this.#isDraining = true
    const inputs = this.#inbox
    this.#inbox = []
    const now = this.#now()
    const { raft } = this.#parts
    if (now > this.#alarmAt + raft.state.options.heartbeatIntervalMs) {
      // Nothing has run for longer than it should: whatever the clock says of that time.
      raft.step({ kind: 'paused' }, now)
    }
    for (const input of inputs) raft.step(input, now)
    this.#perform()
    this.#isDraining = false
    this.#arm()
  }

  #durable(saves: readonly Save[]): void {
    const last = saves[saves.length - 1]
    assert(last !== undefined, 'something became durable')
    this.#parts.raft.step(saved(last), this.#now())
    if (this.#state !== 'running') return
    for (const save of saves) this.#send(save.thenSend)
    this.#perform()
    this.#arm()
  }

  #perform(): void {
    const { raft, apply, answer, notice } = this.#parts
    const effects = raft.takeEffects()
    this.#send(effects.send)
    this.#snapshots?.restore(effects)
    if (effects.save !== null) this.#saver.enqueue(effects.save)
    for (const what of effects.notices) notice(what)
    for (const what of effects.answers) if (what.kind !== 'readable') answer(what)
    for (const entry of effects.apply) {
      if (this.isStopped) return // Closed by what it applied or answered.
      apply(entry)
      this.#snapshots?.applied(entry)
    }
    for (const what of effects.answers) if (what.kind === 'readable') answer(what)
    this.#snapshots?.perform(effects)
    if (raft.hasMore) this.#parts.clock.soon(() => this.#guard(() => this.#drainMore()))
  }

  #drainMore(): void {
    if (this.#state === 'running') this.#perform()
  }

  #snapshotsOf({ snapshots, raft, clock }: ServerParts): Snapshots | null {
    if (snapshots == null) return null
    return new Snapshots(snapshots, {
      raft,
      soon: (callback) => clock.soon(() => this.#guard(callback)),
      step: (input) => this.#accept(input),
      failed: (error) => this.#stop(error),
    })
  }

  #send(messages: readonly Message[]): void {
    const { transport, encode } = this.#parts
    for (const message of messages) {
      const lane = message.kind === 'installSnapshotRequest' ? 'bulk' : 'normal'
      transport.send(message.to, encode(message), lane)
    }
  }

  #arm(): void {
    if (this.#state !== 'running') return
    this.#alarmAt = Math.min(this.#parts.raft.nextDeadline, this.#diskWatch.recheckAt)
    this.#parts.clock.wakeAt(this.#alarmAt, this.#wakeUp)
  }

  /** The clock may be read in any order by whoever calls; the core's time does not go back. */
  #now(): number {
    return Math.max(this.#parts.clock.now(), this.#parts.raft.state.now)
  }

  /**
   * An exception in here is a broken invariant or a failed state machine: stop, say so, be silent.
   */
  #guard(action: () => void): void {
    if (this.#state === 'stopped') return
    try {
      action()
    } catch (error) {
      this.#stop(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #stop(error: Error): void {
    if (this.#state === 'stopped') return
    this.close()
    this.#parts.fatal(error)
  }
}
