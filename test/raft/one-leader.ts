/**
 * One leader and its followers over a network in the hands of an adversary, within one term: no
 * elections, only replication. After everything that happens, what the leader believes of each
 * follower is compared with what that follower holds.
 */
import fc from 'fast-check'
import { assert } from '../../src/base/assert.ts'
import type { AppendEntriesRequest, AppendEntriesResponse, Peer } from '../../src/raft/index.ts'
import { agreement, ForeignFollower } from './foreign-follower.ts'
import { Bench } from './harness.ts'

/** An adversary's move; numbers choose among what is there. */
export interface Move {
  readonly kind: 'deliver' | 'lose' | 'repeat' | 'propose' | 'heartbeat' | 'save'
  readonly which: number
}

export function moves(kinds: readonly Move['kind'][], lengthMax = 150): fc.Arbitrary<Move[]> {
  const move = fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat({ max: 1000 }) })
  return fc.array(move, { maxLength: lengthMax })
}

/**
 * The logs that a cluster may have when term 9 begins, the leader's first: each term's leader had
 * extended a prefix of an earlier one's log, and each server got a part of some leader's log. So
 * Log Matching holds, and anything else may differ.
 */
export const divergentLogs: fc.Arbitrary<number[][]> = fc
  .record({
    terms: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 8,
    }),
    servers: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 2, maxLength: 5 }),
  })
  .map(({ terms, servers }) => {
    const histories: number[][] = [[]]
    const prefix = (which: number, length: number): number[] => {
      const history = histories[which % histories.length] as number[]
      return history.slice(0, length % (history.length + 1))
    }
    for (const [i, [parent, kept, added]] of terms.entries()) {
      histories.push([...prefix(parent, kept), ...Array.from({ length: added }, () => i + 1)])
    }
    return servers.map(([which, length]) => prefix(which, length))
  })

const neverMs = 1e9

interface Follower {
  readonly id: string
  /** It forgets everything. */
  empty(): void
  receive(request: AppendEntriesRequest): void
  takeAnswers(): AppendEntriesResponse[]
  /** What of its log survives a crash. */
  agreesThrough(leader: Bench): number
}

function leaderLog(leader: Bench) {
  const { log } = leader.state
  return log.slice(1, log.lastIndex + 1)
}

function foreign(id: string, log: readonly number[]): Follower {
  let follower = new ForeignFollower(id, log)
  return {
    id,
    empty: () => {
      follower = new ForeignFollower(id, [])
    },
    receive: (request) => follower.receive(request),
    takeAnswers: () => follower.answers.splice(0),
    agreesThrough: (leader) => agreement(follower.log, leaderLog(leader)),
  }
}

/** One of ours; `benches` holds it at its place, for its disk is slow. */
function ours(id: string, log: readonly number[], voters: number, benches: Bench[]): Follower {
  const make = (terms: readonly number[]) =>
    new Bench({
      id,
      voters,
      log: terms,
      currentTerm: 9,
      savesAtOnce: false,
      options: { electionTimeoutMinMs: neverMs, electionTimeoutMaxMs: neverMs },
    })
  const at = benches.push(make(log)) - 1
  const bench = () => benches[at] as Bench
  return {
    id,
    empty: () => {
      benches[at] = make([])
    },
    receive: (request) => bench().receive(request),
    takeAnswers: () => bench().takeSent('appendEntriesResponse'),
    agreesThrough: (leader) => agreement(bench().disk.entries, leaderLog(leader)),
  }
}

export class OneLeader {
  readonly leader: Bench
  readonly #followers: Follower[] = []
  /** Our own followers; their disks are slow. */
  readonly #benches: Bench[] = []
  network: (AppendEntriesRequest | AppendEntriesResponse)[] = []
  #wereEmptied = false
  /** AppendEntries that the leader has sent. */
  requests = 0

  constructor(followers: 'foreign' | 'ours', logs: readonly (readonly number[])[]) {
    const [log = [], ...others] = logs
    this.leader = new Bench({
      voters: logs.length,
      log,
      currentTerm: 8,
      options: {
        // Losing the quorum is another test's: here the leader leads whatever is lost.
        electionTimeoutMinMs: neverMs,
        electionTimeoutMaxMs: neverMs,
        // Two entries a message, so that a request often ends in the middle of what differs.
        appendEntriesBytesMax: 80,
      },
    }).lead()
    for (const [i, terms] of others.entries()) {
      const id = `s${i + 2}`
      this.#followers.push(
        followers === 'foreign' ? foreign(id, terms) : ours(id, terms, logs.length, this.#benches),
      )
    }
    this.#collect()
  }

  get lastIndex(): number {
    return this.leader.state.log.lastIndex
  }

  make({ kind, which }: Move): void {
    if (kind === 'propose') this.leader.propose(`${which}`)
    else if (kind === 'heartbeat') this.leader.wake()
    else if (kind === 'save') this.#benches[which % this.#benches.length]?.save(1)
    else if (this.network.length > 0) this.#move(kind, which % this.network.length)
    this.#collect()
  }

  /** One heartbeat, and then everything arrives, oldest first, until nothing is on its way. */
  calmRound(): void {
    this.leader.wake()
    this.#collect()
    for (let deliveries = 0; this.network.length > 0; deliveries++) {
      assert(deliveries < 100_000, 'what is said to followers comes to an end')
      this.#move('deliver', 0)
      for (const bench of this.#benches) bench.save()
      this.#collect()
    }
  }

  /** From here on the leader credits them with more than they hold, and cannot know. */
  emptyFollowers(): void {
    this.#wereEmptied = true
    for (const follower of this.#followers) follower.empty()
  }

  /** Everyone holds the leader's log, and all of it is committed. */
  get isHealed(): boolean {
    return (
      this.leader.state.commitIndex === this.lastIndex &&
      this.#followers.every((f) => f.agreesThrough(this.leader) === this.lastIndex)
    )
  }

  /** Everyone holds the leader's log, the leader knows it, and all of it is committed. */
  get isSettled(): boolean {
    return (
      this.leader.state.commitIndex === this.lastIndex &&
      this.#followers.every((f) => this.#peer(f.id).matchIndex === this.lastIndex)
    )
  }

  #move(kind: 'deliver' | 'lose' | 'repeat', at: number): void {
    const message = this.network[at]
    assert(message !== undefined, 'something is on its way')
    if (kind !== 'repeat') this.network.splice(at, 1)
    if (kind === 'lose') return
    if (message.kind === 'appendEntriesResponse') this.leader.receive(message)
    else this.#followers.find(({ id }) => id === message.to)?.receive(message)
  }

  #collect(): void {
    const requests = this.leader.takeSent('appendEntriesRequest')
    this.requests += requests.length
    this.network.push(...requests)
    for (const follower of this.#followers) this.network.push(...follower.takeAnswers())
    if (!this.#wereEmptied) this.#check()
  }

  #check(): void {
    for (const follower of this.#followers) {
      const believed = this.#peer(follower.id).matchIndex
      const held = follower.agreesThrough(this.leader)
      assert(believed <= held, `the leader credits ${follower.id} with ${believed}, of ${held}`)
    }
    const { commitIndex } = this.leader.state
    const holders = this.#followers.filter((f) => f.agreesThrough(this.leader) >= commitIndex)
    const isHeld = 2 * (holders.length + 1) > this.#followers.length + 1
    assert(isHeld, `${commitIndex} is committed and held by ${holders.length} followers`)
  }

  #peer(id: string): Peer {
    const { role } = this.leader.state
    assert(role.kind === 'leader', 'the leader leads')
    return role.peers.get(id) as Peer
  }
}
