/**
 * Figure 3.2's five properties (R16), checked by one who sees every server at once. They are asked
 * after every step, so that the first step that breaks one is the one that is reported.
 */
import { assert } from '../../src/base/assert.ts'
import type { Entry, RaftState } from '../../src/raft/index.ts'
import type { Bench } from './harness.ts'

interface Committed {
  readonly entry: Entry
  /** The term of the leader that committed it. */
  readonly inTerm: number
}

/** What was seen of a leader when it was last looked at. */
interface SeenLeader {
  readonly term: number
  readonly log: readonly Entry[]
}

export class FigureProperties {
  readonly #leaders = new Map<number, string>()
  readonly #seen = new Map<string, SeenLeader>()
  readonly #committed: Committed[] = []
  readonly #applied: Entry[] = []
  readonly #appliedSeen = new WeakMap<Bench, number>()

  /** Terms that have had a leader. */
  get elections(): number {
    return this.#leaders.size
  }

  get commitIndex(): number {
    return this.#committed.length
  }

  check(servers: readonly Bench[]): void {
    for (const { state } of servers) this.#electionSafety(state)
    for (const { state } of servers) this.#leaderAppendOnly(state)
    this.#logMatching(servers)
    for (const { state } of servers) this.#recordCommitted(state)
    for (const { state } of servers) this.#leaderCompleteness(state)
    for (const server of servers) this.#stateMachineSafety(server)
  }

  #electionSafety({ id, role, currentTerm }: RaftState): void {
    if (role.kind !== 'leader') return
    const leader = this.#leaders.get(currentTerm) ?? id
    assert(leader === id, `Election Safety: ${leader} and ${id} lead term ${currentTerm}`)
    this.#leaders.set(currentTerm, id)
  }

  #leaderAppendOnly({ id, role, currentTerm, log }: RaftState): void {
    if (role.kind !== 'leader') {
      this.#seen.delete(id)
      return
    }
    const before = this.#seen.get(id)
    if (before?.term === currentTerm) {
      for (const entry of before.log) {
        const kept = log.has(entry.index) && log.entryAt(entry.index) === entry
        assert(kept, `Leader Append-Only: ${id} changed its entry ${entry.index}`)
      }
    }
    this.#seen.set(id, { term: currentTerm, log: log.slice(1, log.lastIndex + 1) })
  }

  #logMatching(servers: readonly Bench[]): void {
    for (const [i, a] of servers.entries()) {
      for (const b of servers.slice(i + 1)) logMatching(a.state, b.state)
    }
  }

  #recordCommitted({ id, currentTerm, log, commitIndex }: RaftState): void {
    for (let index = 1; index <= commitIndex; index++) {
      const entry = log.entryAt(index)
      const known = this.#committed[index - 1]
      if (known === undefined) this.#committed.push({ entry, inTerm: currentTerm })
      else assert(same(known.entry, entry), `${id} takes another entry ${index} for committed`)
    }
  }

  #leaderCompleteness({ id, role, currentTerm, log }: RaftState): void {
    if (role.kind !== 'leader') return
    for (const { entry, inTerm } of this.#committed) {
      if (inTerm > currentTerm) continue
      const holds = log.has(entry.index) && same(log.entryAt(entry.index), entry)
      assert(holds, `Leader Completeness: ${id} leads term ${currentTerm} without ${entry.index}`)
    }
  }

  #stateMachineSafety(server: Bench): void {
    const seen = this.#appliedSeen.get(server) ?? 0
    for (const [i, entry] of server.applied.entries()) {
      if (i < seen) continue
      assert(entry.index === i + 1, `${server.id} applies in log order, ${entry.index} after ${i}`)
      const known = this.#applied[i]
      if (known === undefined) this.#applied.push(entry)
      else assert(same(known, entry), `State Machine Safety: ${server.id} applies another ${i + 1}`)
    }
    this.#appliedSeen.set(server, server.applied.length)
  }
}

function logMatching(a: RaftState, b: RaftState): void {
  let mustMatch = false
  for (let index = Math.min(a.log.lastIndex, b.log.lastIndex); index >= 1; index--) {
    const left = a.log.entryAt(index)
    const right = b.log.entryAt(index)
    if (left.term === right.term) mustMatch = true
    assert(!mustMatch || same(left, right), `Log Matching: ${a.id} and ${b.id} at ${index}`)
  }
}

function same(a: Entry, b: Entry): boolean {
  if (a === b) return true
  const { index, term, kind, command } = a
  if (index !== b.index || term !== b.term || kind !== b.kind) return false
  return command.length === b.command.length && command.every((byte, i) => byte === b.command[i])
}
