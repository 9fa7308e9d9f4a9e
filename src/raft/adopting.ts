/**
 * A server uses the newest configuration in its log from the moment it is there, committed or not
 * (§4.1), and goes back when that part of the log is cut off. Everything that follows from another
 * configuration, and is not the leader's decision, follows from here.
 */
import { isMember, isNamedIn, isVoter } from './configuration.ts'
import { decodeConfiguration } from './configuration-codec.ts'
import { notice } from './outbox.ts'
import { syncPeers } from './peers.ts'
import { isRefilling } from './refilling.ts'
import type { RaftState } from './state.ts'
import type { Entry, LogIndex } from './types.ts'

/** Appends an entry to the log; a configuration holds from here on. */
export function appendToLog(raft: RaftState, entry: Entry): void {
  raft.log.append(entry)
  if (entry.kind !== 'configuration') return
  raft.configurations.appended(entry)
  adopt(raft)
}

/** Cuts the log off from `from` on, and returns to the configuration that stands before. */
export function truncateLog(raft: RaftState, from: LogIndex): void {
  raft.log.truncateSuffix(from)
  raft.outbox.truncated(from)
  raft.durableIndex = Math.min(raft.durableIndex, from - 1)
  if (raft.configurations.truncated(from)) adopt(raft)
}

/** What is newest in the history holds now. Also to be called when a snapshot was installed. */
export function adopt(raft: RaftState): void {
  raft.configuration = raft.configurations.newest
  // Only the entry itself is certainly new to whom it adds.
  if (raft.role.kind === 'leader') syncPeers(raft, raft.role, raft.log.lastIndex)
  notice(raft, {
    kind: 'configurationAdopted',
    index: raft.configurations.newestIndex,
    configuration: raft.configuration,
  })
}

/** An entry that claims to be a configuration, and is none that could ever be. */
export function isUnreadable(entry: Entry): boolean {
  return entry.kind === 'configuration' && decodeConfiguration(entry.command) === null
}

/**
 * Whether the server may stand for election. Voters may. So may one that is to be removed as long
 * as it does not know that to be decided (§4.2.2): the entry that removes it may be on no other
 * disk, and then nobody else can win. It asks for votes, and its own is not counted. Everybody else
 * waits: learners, servers that were removed, those that nobody has told yet who votes, and those
 * that are filled again (refilling.ts).
 */
export function mayCampaign(raft: RaftState): boolean {
  const { id, configuration, configurations, commitIndex } = raft
  if (isRefilling(raft)) return false
  if (isVoter(configuration, id)) return true
  const { previous, newestIndex } = configurations
  return newestIndex > commitIndex && previous !== null && isVoter(previous, id)
}

/**
 * Says once that the newest configuration is committed, and that it takes this server in or leaves
 * it out. A server that comes back empty under its old name is led through entries that speak of
 * its predecessor: those say nothing of its own part.
 */
export function noteCommitted(raft: RaftState): void {
  const { configurations, commitIndex, configuration, id, incarnation } = raft
  const index = configurations.newestIndex
  if (index > commitIndex || index <= raft.configurationNotedIndex) return
  raft.configurationNotedIndex = index
  notice(raft, { kind: 'configurationCommitted', index, configuration })
  const { previous } = configurations
  const before = previous !== null && isNamedIn(previous, id, incarnation)
  const isIn = isNamedIn(configuration, id, incarnation)
  const isNew = !raft.wasMember || (previous !== null && !before)
  raft.wasMember ||= before || isIn
  if (before && !isMember(configuration, id)) notice(raft, { kind: 'removed', index })
  if (isNew && isIn) notice(raft, { kind: 'added', index })
}
