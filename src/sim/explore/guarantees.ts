/**
 * Figure 3.2 for the explorer's worlds, and the vote's promise: checked in every state that is met.
 */
import type { Entry, Message } from '../../raft/index.ts'
import type { LocalState } from './local.ts'
import type { Breach, World, Worlds } from './world.ts'
import { heldByMajority, isSame } from './world.ts'

/** The first guarantee that `world`, reached from `before`, breaks; null where all hold. */
export function breachIn(worlds: Worlds, before: World | null, world: World): Breach | null {
  return (
    electionSafety(world) ??
    votes(worlds, before, world) ??
    logMatching(world) ??
    leaderAppendOnly(before, world) ??
    stateMachineSafety(world) ??
    leaderCompleteness(world) ??
    committedIsHeld(before, world)
  )
}

function electionSafety({ leaders }: World): Breach | null {
  for (let i = 1; i < leaders.length; i++) {
    const a = leaders[i - 1]
    const b = leaders[i]
    if (a === undefined || b === undefined || a.term !== b.term) continue
    const detail = `servers ${a.server} and ${b.server} both led term ${a.term}`
    return { invariant: 'Election Safety', detail }
  }
  return null
}

/** One vote per server and term, over all time, as the network has seen it (R5). */
function votes(worlds: Worlds, before: World | null, world: World): Breach | null {
  if (before !== null && before.messages === world.messages) return null
  const given = new Map<string, string>()
  for (const id of world.messages) {
    const vote = voteIn(worlds.messages.get(id))
    if (vote === null) continue
    const [voterAndTerm, candidate] = vote
    const other = given.get(voterAndTerm)
    if (other !== undefined && other !== candidate) {
      const detail = `${voterAndTerm} voted for ${other} and for ${candidate}`
      return { invariant: 'One vote a term', detail }
    }
    given.set(voterAndTerm, candidate)
  }
  return null
}

/** A granted vote, or a candidate's for itself, which its request for votes tells of. */
function voteIn(message: Message): [string, string] | null {
  if (message.kind === 'requestVoteResponse' && message.voteGranted) {
    return [`server ${message.from} in term ${message.term}`, message.to]
  }
  if (message.kind === 'requestVoteRequest') {
    return [`server ${message.from} in term ${message.term}`, message.from]
  }
  return null
}

function logMatching({ servers }: World): Breach | null {
  for (const [i, a] of servers.entries()) {
    for (const b of servers.slice(i + 1)) {
      const index = mismatch(a, b)
      if (index === null) continue
      const detail = `servers ${a.server} and ${b.server} agree at a later index, not at ${index}`
      return { invariant: 'Log Matching', detail }
    }
  }
  return null
}

/** An index at which two logs differ although they have the same term at it or later. */
function mismatch(a: LocalState, b: LocalState): number | null {
  let last = Math.min(a.log.length, b.log.length)
  while (last > 0 && a.log[last - 1]?.term !== b.log[last - 1]?.term) last -= 1
  for (let i = 0; i < last; i++) if (!isSame(a.log[i], b.log[i])) return i + 1
  return null
}

function leaderAppendOnly(before: World | null, world: World): Breach | null {
  if (before === null) return null
  for (const [i, server] of world.servers.entries()) {
    const old = before.servers[i] as LocalState
    if (old === server || old.role !== 'leader' || server.role !== 'leader') continue
    if (old.currentTerm !== server.currentTerm) continue
    if (old.log.every((entry, at) => isSame(entry, server.log[at]))) continue
    return { invariant: 'Leader Append-Only', detail: `leader ${server.server} changed its log` }
  }
  return null
}

function stateMachineSafety({ servers, committed }: World): Breach | null {
  for (const server of servers) {
    for (let i = 0; i < server.commitIndex; i++) {
      if (isSame(server.log[i], committed[i])) continue
      const detail = `server ${server.server} has committed another entry at index ${i + 1}`
      return { invariant: 'State Machine Safety', detail }
    }
  }
  return null
}

function leaderCompleteness({ servers, committed, leaders }: World): Breach | null {
  const latest = leaders.at(-1)
  for (const server of servers) {
    // A leader of an old term may lack what a later one has committed.
    if (server.role !== 'leader' || server.currentTerm !== latest?.term) continue
    for (const entry of committed) {
      if (isSame(server.log[entry.index - 1], entry)) continue
      const detail = `leader ${server.server} lacks committed entry ${entry.index}@${entry.term}`
      return { invariant: 'Leader Completeness', detail }
    }
  }
  return null
}

/** At the moment in which an entry is first known to be committed, a majority holds it. */
function committedIsHeld(before: World | null, world: World): Breach | null {
  const known = before?.committed.length ?? 0
  const fresh = world.committed.slice(known)
  const missing = fresh.find((entry: Entry) => !heldByMajority(world, entry))
  if (missing === undefined) return null
  const detail = `entry ${missing.index}@${missing.term} is committed, and no majority holds it`
  return { invariant: 'Committed is held by a majority', detail }
}
