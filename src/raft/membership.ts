/**
 * Changes of the configuration by joint consensus (§4.3), on the leader: whether a change that is
 * asked for may begin, its two entries, and what follows once they are committed. A change is never
 * remembered anywhere but in the log: a leader goes on from the configuration that it finds there,
 * whoever began it, so that a crash loses nothing at any step.
 */
import { assert } from '../base/assert.ts'
import { appendToLog } from './adopting.ts'
import { advanceCommitIndex } from './commitment.ts'
import type { Configuration } from './configuration.ts'
import {
  configurationProblem,
  incarnationOf,
  isJoint,
  isMember,
  isSameConfiguration,
  isSameGroup,
  isVoter,
  serversOf,
  withIncarnations,
} from './configuration.ts'
import { encodeConfiguration, fitsEncoding } from './configuration-codec.ts'
import { hasRoomToPropose } from './disk-space.ts'
import type { ChangeRefusal } from './effects.ts'
import type { ChangeMembership } from './input.ts'
import { forgetDeparted } from './peers.ts'
import { isTransferring } from './pending-transfer.ts'
import { hasQuorum } from './quorum.ts'
import { heartbeat } from './replication.ts'
import type { Leader } from './role.ts'
import { becomeFollower, leaderIdOf } from './role.ts'
import type { RaftState } from './state.ts'
import { entry, type LogIndex, type ServerId } from './types.ts'

/** Why a change is not begun, and which servers are the reason. */
interface Reason {
  readonly refusal: ChangeRefusal
  readonly servers: readonly ServerId[]
}

/** Somebody asks for another configuration. Answered in this batch, one way or the other. */
export function changeMembership(raft: RaftState, change: ChangeMembership): void {
  const { changeId } = change
  const { role, outbox } = raft
  const target = targetOf(change, raft.configuration)
  const reason = reasonAgainst(raft, target, change.force)
  if (reason !== null || role.kind !== 'leader') {
    const { refusal, servers } = reason ?? because('notLeader')
    const leaderId = leaderIdOf(raft)
    outbox.answers.push({ kind: 'changeRefused', changeId, refusal, servers, leaderId })
    return
  }
  const next = firstStep(raft.configuration, target)
  const index = appendConfiguration(raft, role, next)
  outbox.answers.push({ kind: 'changeAccepted', changeId, index, term: raft.currentTerm })
}

function targetOf(change: ChangeMembership, current: Configuration): Configuration {
  const { voters, learners, addresses } = change
  const simple: Configuration = { voters, votersOld: null, learners, addresses }
  return { ...simple, ...withIncarnations(incarnationsOf(simple, change, current)) }
}

/**
 * Who stays keeps what is known of its data. A voter's can not even be told anew: one that has lost
 * it would vote and acknowledge as if it had not. It has to leave, and to come again as a learner.
 */
function incarnationsOf(
  target: Configuration,
  { incarnations: told = new Map() }: ChangeMembership,
  current: Configuration,
): Map<ServerId, number> {
  const known = new Map<ServerId, number>()
  for (const id of serversOf(target)) {
    const before = incarnationOf(current, id)
    const after = isVoter(current, id) ? (before ?? told.get(id)) : (told.get(id) ?? before)
    if (typeof after === 'number') known.set(id, after)
  }
  return known
}

/** Where who votes is to change, both groups must agree first; anything else is one step. */
function firstStep(current: Configuration, target: Configuration): Configuration {
  if (isSameGroup(current.voters, target.voters)) return target
  const joint = { ...target, votersOld: current.voters }
  const addresses = new Map<ServerId, string>()
  const known = new Map<ServerId, number>()
  for (const id of serversOf(joint)) {
    const address = target.addresses.get(id) ?? current.addresses.get(id)
    if (address !== undefined) addresses.set(id, address)
    const incarnation = incarnationOf(target, id) ?? incarnationOf(current, id)
    if (incarnation !== null) known.set(id, incarnation)
  }
  return { ...joint, addresses, ...withIncarnations(known) }
}

/** The dissertation's C-new, from its C-old,new. */
function leaving({ voters, learners, addresses, incarnations }: Configuration): Configuration {
  const simple: Configuration = { voters, votersOld: null, learners, addresses: new Map() }
  const staying = [...addresses].filter(([id]) => isMember(simple, id))
  const known = [...(incarnations ?? [])].filter(([id]) => isMember(simple, id))
  return { ...simple, addresses: new Map(staying), ...withIncarnations(new Map(known)) }
}

function reasonAgainst(raft: RaftState, target: Configuration, force: boolean): Reason | null {
  const { role, configuration } = raft
  if (role.kind !== 'leader') return because('notLeader')
  // One whose configuration is of an earlier leader's term, and not known to be committed, may be
  // wrong about what holds (the bug of 2015 in changes of single servers).
  if (!hasCommittedInTerm(raft, role)) return because('notReady')
  if (!isSettled(raft, role) || isTransferring(raft)) return because('changeUnderWay')
  // By force also where the disks are full: it takes but a sector, and may be what helps.
  if (!force && !hasRoomToPropose(raft, role)) return because('diskFull')
  if (target.voters.length === 0) return because('noVoter')
  if (configurationProblem(target) !== null) return because('invalid')
  if (isSameConfiguration(configuration, target)) return because('unchanged')
  const next = firstStep(configuration, target)
  if (!fitsEncoding(next)) return because('tooLarge')
  if (encodeConfiguration(next).length > raft.options.commandBytesMax) return because('tooLarge')
  if (isSameGroup(configuration.voters, target.voters)) return null
  return reasonAgainstVoters(raft, role, target, force)
}

function reasonAgainstVoters(
  raft: RaftState,
  leader: Leader,
  target: Configuration,
  force: boolean,
): Reason | null {
  const { configuration, now, options } = raft
  const { voters } = target
  const isNew = (id: ServerId): boolean => !isVoter(configuration, id)
  const unknown = voters.filter((id) => isNew(id) && !isMember(configuration, id))
  if (unknown.length > 0) return because('unknownServer', unknown)
  const behind = voters.filter((id) => {
    const catchUp = leader.peers.get(id)?.catchUp ?? null
    return isNew(id) && catchUp?.isCaughtUp(now, options.electionTimeoutMaxMs) !== true
  })
  if (behind.length > 0) return because('notCaughtUp', behind)
  const heard = new Set(voters.filter((id) => isInContact(raft, leader, id)))
  if (force || hasQuorum(target, heard)) return null
  return because(
    'wouldLoseQuorum',
    voters.filter((id) => !heard.has(id)),
  )
}

function because(refusal: ChangeRefusal, servers: readonly ServerId[] = []): Reason {
  return { refusal, servers }
}

/** Heard within an election timeout. */
function isInContact(raft: RaftState, leader: Leader, id: ServerId): boolean {
  if (id === raft.id) return true
  const contactAt = leader.peers.get(id)?.contactAt ?? Number.NEGATIVE_INFINITY
  return contactAt + raft.options.electionTimeoutMaxMs > raft.now
}

/** No change is under way: the newest configuration is committed, and is not joint. */
function isSettled(raft: RaftState, leader: Leader): boolean {
  return isDecided(raft, leader) && !isJoint(raft.configuration)
}

/** The newest configuration is committed, and so is an entry of this leader's own term. */
function isDecided(raft: RaftState, leader: Leader): boolean {
  return raft.commitIndex >= raft.configurations.newestIndex && hasCommittedInTerm(raft, leader)
}

function hasCommittedInTerm({ commitIndex }: RaftState, { firstIndexOfTerm }: Leader): boolean {
  return commitIndex >= firstIndexOfTerm
}

function appendConfiguration(raft: RaftState, leader: Leader, next: Configuration): LogIndex {
  assert(isDecided(raft, leader), 'at most one configuration is uncommitted')
  const index = raft.log.lastIndex + 1
  const bytes = encodeConfiguration(next)
  leader.uncommittedBytes += bytes.length
  appendToLog(raft, entry(index, raft.currentTerm, 'configuration', bytes))
  return index
}

/**
 * What a leader does by itself once the newest configuration is committed: from a joint one it goes
 * on to the new; if the new one leaves it out it steps down (§4.2.2); and servers that have left,
 * and know it, are sent nothing more. Called after each step, since commitment can come with any.
 */
export function continueChange(raft: RaftState): void {
  const { role } = raft
  if (role.kind !== 'leader' || !isDecided(raft, role)) return
  if (isJoint(raft.configuration)) {
    appendConfiguration(raft, role, leaving(raft.configuration))
    // With one group fewer to wait for, more may be committed.
    advanceCommitIndex(raft)
  } else if (!isVoter(raft.configuration, raft.id)) {
    standDown(raft)
  } else {
    forgetDeparted(raft, role)
  }
}

/** It has led a cluster that it is not part of (§4.2.2), until now that this is decided. */
function standDown(raft: RaftState): void {
  // The last word: what is committed. Whoever is elected next would find it out only by its no-op.
  heartbeat(raft)
  const index = raft.configurations.newestIndex
  becomeFollower(raft, null, `configuration ${index} leaves it without a vote`)
}
