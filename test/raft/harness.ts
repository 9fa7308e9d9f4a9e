/**
 * One core on a bench: it is fed inputs, its effects are sorted into what was sent, applied and
 * answered, and its disk says "durable" when the test says so. Nothing here knows Raft's rules,
 * save how an election is won, which most tests need and do not examine.
 */
import { assert } from '../../src/base/assert.ts'
import { utf8Encode } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import {
  type Answer,
  type ChunkEffect,
  type Configuration,
  type Entry,
  entry,
  type Input,
  type Message,
  type Notice,
  Raft,
  type RaftOptions,
  type RaftState,
  type Save,
  type Snapshot,
  saved,
} from '../../src/raft/index.ts'

export interface BenchSetup {
  readonly id?: string
  /** Which data directory it has; not known by default. */
  readonly incarnation?: number
  /** How many servers there are (`s1` and on), or their names. Three by default. */
  readonly voters?: number | readonly string[]
  /** In the place of `voters`, of which it then tells only the names. */
  readonly configuration?: Configuration
  readonly currentTerm?: number
  readonly votedFor?: string | null
  /** The terms of the entries in the recovered log; their commands tell index and term. */
  readonly log?: readonly number[]
  readonly options?: Partial<RaftOptions>
  readonly seed?: string
  /** What the disk holds, in place of `currentTerm`, `votedFor` and `log`. */
  readonly disk?: DiskContent
  /** False: saves become durable only when the test calls `save`. */
  readonly savesAtOnce?: boolean
  readonly now?: number
}

/** Entries of these terms, from index 1 on, as every log that agrees on the terms has them. */
export function entriesOf(terms: readonly number[], firstIndex = 1): Entry[] {
  return terms.map((term, i) => {
    const index = firstIndex + i
    return entry(index, term, 'command', utf8Encode(`${index}@${term}`))
  })
}

export function voterNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `s${i + 1}`)
}

/** What a disk holds after the saves it was given. */
export interface DiskContent {
  currentTerm: number
  votedFor: string | null
  /** After what the snapshot covers. */
  entries: Entry[]
  snapshot?: Snapshot | null
  refillTerm?: number
}

export function writeTo(disk: DiskContent, save: Save): void {
  disk.currentTerm = save.currentTerm
  disk.votedFor = save.votedFor
  if (save.snapshot !== null) {
    disk.snapshot = save.snapshot
    disk.entries = []
  }
  const covered = disk.snapshot?.lastIndex ?? 0
  if (save.truncateFrom !== null) disk.entries.length = save.truncateFrom - 1 - covered
  for (const written of save.entries) {
    assert(written.index === covered + disk.entries.length + 1, 'a save continues what was saved')
    disk.entries.push(written)
  }
}

const noAddresses: ReadonlyMap<string, string> = new Map()
const noIncarnations: ReadonlyMap<string, number> = new Map()

export class Bench {
  readonly raft: Raft
  readonly id: string
  readonly voters: readonly string[]
  readonly disk: DiskContent
  now: number
  savesAtOnce: boolean
  /** What has left the server since it was last looked at with `takeSent`. */
  sent: Message[] = []
  readonly applied: Entry[] = []
  readonly answers: Answer[] = []
  /** Pieces of snapshots that are to be read or stored: for the test to answer. */
  readonly chunks: ChunkEffect[] = []
  /** The snapshots that the state machine was restored from. */
  readonly restored: Snapshot[] = []
  readonly notices: Notice[] = []
  /** Given out and not durable yet. */
  readonly saves: Save[] = []
  /** Inputs are stepped, but effects are not taken: one batch of several inputs. */
  #isBatching = false
  #requestId = 0
  #proposalId = 0
  #changeId = 0

  constructor(setup: BenchSetup = {}) {
    const { voters = 3, log = [] } = setup
    this.id = setup.id ?? 's1'
    this.voters = typeof voters === 'number' ? voterNames(voters) : voters
    this.now = setup.now ?? 0
    this.savesAtOnce = setup.savesAtOnce ?? true
    this.disk = setup.disk ?? {
      currentTerm: setup.currentTerm ?? log.at(-1) ?? 0,
      votedFor: setup.votedFor ?? null,
      entries: entriesOf(log),
    }
    this.raft = new Raft({
      id: this.id,
      ...(setup.incarnation === undefined ? {} : { incarnation: setup.incarnation }),
      ...(setup.configuration === undefined
        ? { voters: this.voters }
        : { configuration: setup.configuration }),
      options: { verify: true, ...setup.options },
      random: new Random(setup.seed ?? 'bench'),
      now: this.now,
      recovered: { ...this.disk, entries: [...this.disk.entries] },
    })
  }

  get state(): RaftState {
    return this.raft.state
  }

  get others(): string[] {
    return this.voters.filter((voter) => voter !== this.id)
  }

  get logTerms(): number[] {
    const { log } = this.state
    return log.slice(1, log.lastIndex + 1).map(({ term }) => term)
  }

  step(input: Input): this {
    this.raft.step(input, this.now)
    if (!this.#isBatching) this.take()
    return this
  }

  /** Takes the effects, and acknowledges the saves where that is done at once. */
  take(): this {
    const effects = this.raft.takeEffects()
    this.sent.push(...effects.send)
    if (effects.restore !== null) this.restored.push(effects.restore)
    this.applied.push(...effects.apply)
    this.chunks.push(...effects.chunks)
    this.answers.push(...effects.answers)
    this.notices.push(...effects.notices)
    if (effects.save !== null) this.saves.push(effects.save)
    if (this.savesAtOnce) this.save()
    return this
  }

  /** All that happens inside is one batch. */
  batch(steps: () => void): this {
    this.#isBatching = true
    steps()
    this.#isBatching = false
    return this.take()
  }

  /** The oldest `count` saves become durable (all by default), one after the other. */
  save(count: number = Number.POSITIVE_INFINITY): this {
    for (let i = 0; i < count; i++) {
      const save = this.saves.shift()
      if (save === undefined) break
      writeTo(this.disk, save)
      this.sent.push(...save.thenSend)
      this.step(saved(save))
    }
    return this
  }

  receive(...messages: readonly Message[]): this {
    for (const message of messages) this.step({ kind: 'receive', message })
    return this
  }

  propose(...texts: readonly string[]): this {
    for (const text of texts) {
      this.#proposalId += 1
      const command = utf8Encode(text)
      this.step({ kind: 'propose', proposalId: this.#proposalId, entryKind: 'command', command })
    }
    return this
  }

  /** Clients ask to read; the reads are numbered as they are given here. */
  read(...readIds: readonly number[]): this {
    for (const readId of readIds) this.step({ kind: 'read', readId, consistency: 'linearizable' })
    return this
  }

  /** Asks for these voters and learners. */
  change(
    voters: readonly string[],
    learners: readonly string[] = [],
    { force = false, addresses = noAddresses, incarnations = noIncarnations } = {},
  ): this {
    this.#changeId += 1
    const changeId = this.#changeId
    const wanted = { voters, learners, addresses, incarnations, force }
    return this.step({ kind: 'changeMembership', changeId, ...wanted })
  }

  /** The answers since the last look. */
  takeAnswers(): Answer[] {
    return this.answers.splice(0)
  }

  /** Time passes; the core is woken at each of its deadlines on the way. */
  elapse(ms: number): this {
    const until = this.now + ms
    while (this.raft.nextDeadline <= until) {
      const deadline = this.raft.nextDeadline
      this.now = Math.max(this.now, deadline)
      this.step({ kind: 'tick' })
      assert(this.raft.nextDeadline > deadline, 'a deadline that is met is not the next one')
    }
    this.now = until
    return this
  }

  /** Time passes until the next deadline, which is then met. */
  wake(): this {
    return this.elapse(this.raft.nextDeadline - this.now)
  }

  /** Stands for election in the next term. */
  timeOut(): this {
    assert(this.state.role.kind !== 'leader', 'leaders have no election timer')
    return this.wake()
  }

  /** An election won in `term` (the next by default), with everyone's vote. */
  lead(term: number = this.state.currentTerm + 1): this {
    while (this.state.currentTerm < term) this.timeOut()
    for (const from of this.others) {
      if (this.state.role.kind === 'leader') break
      this.receive({
        kind: 'requestVoteResponse',
        from,
        to: this.id,
        term,
        voteGranted: true,
        requestId: this.freshRequestId(),
      })
    }
    assert(this.state.role.kind === 'leader', 'the election was won')
    return this
  }

  /** What was sent since the last look, of one kind. The other kinds are gone, too. */
  takeSent<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }>[] {
    const sent = this.sent
    this.sent = []
    return sent.filter((message) => message.kind === kind) as Extract<Message, { kind: K }>[]
  }

  /** The one message sent since the last look, which must be of this kind. */
  takeOnly<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }> {
    const sent = this.sent
    this.sent = []
    const [only] = sent
    assert(sent.length === 1 && only?.kind === kind, `one ${kind} was sent: ${sentKinds(sent)}`)
    return only as Extract<Message, { kind: K }>
  }

  freshRequestId(): number {
    this.#requestId += 1
    return this.#requestId
  }

  /** The server as it comes back after a crash: from its disk, with all else forgotten. */
  restarted(setup: BenchSetup = {}): Bench {
    const { id, voters, now } = this
    const disk = { ...this.disk, entries: [...this.disk.entries] }
    return new Bench({ id, voters, now, seed: 'restarted', ...setup, disk })
  }
}

function sentKinds(sent: readonly Message[]): string {
  return sent.map(({ kind }) => kind).join(', ') || 'nothing'
}
