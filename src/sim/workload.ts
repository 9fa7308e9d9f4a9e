/**
 * The clients: they propose commands that no two of them share, to the leader or to whom they take
 * for it, and keep account of what became of each. An accepted proposal is settled when its server
 * applies an entry at its index, that very entry or another; or when its entry is cut off that
 * server's log, and then its client is told that nobody knows: others may hold it, and commit it
 * yet.
 */
import { utf8Encode } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import type { Entry, LogIndex, Milliseconds, ProposalAnswer, Term } from '../raft/index.ts'
import { BrokenPromise } from './failure.ts'
import type { Life } from './life.ts'
import type { Marks } from './marks.ts'
import type { SimServer } from './sim-server.ts'
import type { WorkloadOptions } from './swarm.ts'

/**
 * `asked`: on its way, or given to a process that has not answered. `cut`: off the log of the
 * server that accepted it. `silent`: that server has ended. `lost`: another entry stands in its
 * place, so that it had no effect.
 */
export type ProposalStatus =
  | 'asked'
  | 'refused'
  | 'accepted'
  | 'cut'
  | 'committed'
  | 'lost'
  | 'silent'

export interface Proposal {
  readonly id: number
  readonly command: Uint8Array
  readonly askedAt: Milliseconds
  status: ProposalStatus
  /** Where it was accepted; 0 before. */
  index: LogIndex
  term: Term
  /** When its client learned what became of it. */
  settledAt: Milliseconds
  /** Its client has gone away and learns nothing. */
  readonly isDeaf: boolean
}

export class Workload {
  readonly proposals: Proposal[] = []
  /** By index: the proposal that is committed there, once some server has applied it. */
  readonly committed: (Proposal | null)[] = []
  readonly #options: WorkloadOptions
  readonly #random: Random
  readonly #marks: Marks
  readonly #now: () => Milliseconds

  constructor(options: WorkloadOptions, random: Random, marks: Marks, now: () => Milliseconds) {
    this.#options = options
    this.#random = random
    this.#marks = marks
    this.#now = now
  }

  /** Until the next burst. */
  pauseMs(): Milliseconds {
    return -this.#options.everyMs * Math.log(1 - this.#random.float())
  }

  burst(): number {
    return this.#random.integer(1, this.#options.burstMax)
  }

  /** Who is asked: the server that is known to lead, mostly, or any. */
  choose(servers: readonly SimServer[], leader: SimServer | null): SimServer {
    if (leader === null || this.#random.chance(this.#options.strayChance)) {
      return this.#random.pick(servers)
    }
    return leader
  }

  /** A new proposal, which nobody has heard yet. */
  propose(): Proposal {
    const proposal: Proposal = {
      id: this.proposals.length,
      command: this.#command(this.proposals.length),
      askedAt: this.#now(),
      status: 'asked',
      index: 0,
      term: 0,
      settledAt: Number.POSITIVE_INFINITY,
      isDeaf: this.#random.chance(this.#options.lostAnswerChance),
    }
    this.proposals.push(proposal)
    return proposal
  }

  /** There was nobody to take it. */
  notHeard(proposal: Proposal): void {
    proposal.status = 'refused'
  }

  answered(life: Life, answer: ProposalAnswer): void {
    const proposal = this.proposals[answer.proposalId] as Proposal
    if (proposal.status !== 'asked') {
      throw new BrokenPromise(`proposal ${proposal.id} is answered a second time`)
    }
    if (answer.kind === 'refused') {
      proposal.status = 'refused'
      if (answer.refusal === 'tooLarge') this.#marks.hit('proposal refused as too large')
      else if (answer.refusal === 'overloaded') {
        this.#marks.hit('proposal refused by an overloaded leader')
      } else if (answer.refusal === 'diskFull') {
        this.#marks.hit('proposal refused for want of room on disk')
      } else this.#marks.hit('proposal refused by a follower')
      return
    }
    proposal.status = 'accepted'
    proposal.index = answer.index
    proposal.term = answer.term
    life.promise(proposal)
  }

  /** A server has applied `entry`; `promised` are its own promises for that index. */
  applied(entry: Entry, promised: readonly Proposal[]): void {
    for (const proposal of promised) {
      const isKept = proposal.term === entry.term
      proposal.status = isKept ? 'committed' : 'lost'
      proposal.settledAt = this.#now()
      this.#marks.hit(isKept ? 'proposal committed' : 'proposal lost')
    }
    if (entry.index <= this.committed.length) return
    this.committed.push(entry.kind === 'command' ? this.#firstTime(entry) : null)
  }

  /** Cut off the log of the server that had accepted them. */
  cut(proposals: readonly Proposal[]): void {
    for (const proposal of proposals) proposal.status = 'cut'
    this.#marks.hit('proposal cut off')
  }

  /** A process has ended: whatever it had not answered yet, nobody will. */
  ended(promised: Iterable<Proposal>): void {
    for (const proposal of promised) proposal.status = 'silent'
  }

  /** An entry is applied for the first time anywhere: it must be what somebody proposed, once. */
  #firstTime(entry: Entry): Proposal {
    const proposal = this.proposals[numberOf(entry.command)]
    if (proposal === undefined) {
      throw new BrokenPromise(`entry ${entry.index} holds what nobody has proposed`)
    }
    const { id, status, index, term } = proposal
    if (status === 'refused' || status === 'lost') {
      throw new BrokenPromise(
        `proposal ${id} was said to be ${status} and is committed at ${entry.index}@${entry.term}`,
      )
    }
    if (index !== 0 && (index !== entry.index || term !== entry.term)) {
      throw new BrokenPromise(
        `proposal ${id} was accepted at ${index}@${term} and is committed at ` +
          `${entry.index}@${entry.term}`,
      )
    }
    proposal.index = entry.index
    proposal.term = entry.term
    return proposal
  }

  /** `c12`, and now and then bytes that are no text behind it. */
  #command(id: number): Uint8Array {
    const name = utf8Encode(`c${id}`)
    const length = this.#random.integer(0, this.#options.paddingMax)
    // A command that is too large now and then, to be refused.
    const padding = length > 0 && this.#random.chance(0.001) ? 5000 : length
    if (padding === 0) return name
    const bytes = new Uint8Array(name.length + 1 + padding)
    bytes.set(name)
    bytes.fill(this.#random.chance(0.5) ? 0x2e : 0xff, name.length + 1)
    return bytes
  }
}

/** The number after `c`; -1 where it is no command of ours. */
function numberOf(command: Uint8Array): number {
  if (command[0] !== 0x63) return -1
  let number = 0
  let at = 1
  for (; at < command.length; at++) {
    const digit = (command[at] as number) - 0x30
    if (digit < 0 || digit > 9) break
    number = 10 * number + digit
  }
  return at === 1 ? -1 : number
}
