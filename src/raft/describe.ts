/**
 * One line of text for each thing that servers say and decide: for scenarios, traces and logs.
 * An entry is written as index@term with its command, as in `3@2 "x"`.
 */
import { unreachable } from '../base/assert.ts'
import { utf8Decode } from '../base/bytes.ts'
import type { Configuration } from './configuration.ts'
import { decodeConfiguration } from './configuration-codec.ts'
import type { Notice } from './effects.ts'
import type { AppendEntriesRequest, AppendEntriesResponse, Message } from './message.ts'
import type { Entry } from './types.ts'

/** `3@2 "x"`, or `3@2 noop`; a command that is no text is told by its length. */
export function describeEntry(entry: Entry): string {
  const place = `${entry.index}@${entry.term}`
  if (entry.kind === 'noop') return `${place} noop`
  if (entry.kind === 'configuration') {
    const configuration = decodeConfiguration(entry.command)
    if (configuration !== null) return `${place} ${describeConfiguration(configuration)}`
  }
  if (entry.kind !== 'command') return `${place} ${entry.kind} (${entry.command.length} bytes)`
  const text = utf8Decode(entry.command)
  return text === null ? `${place} (${entry.command.length} bytes)` : `${place} "${text}"`
}

/** `voters 1 2 3, old voters 1 2 4, learners 5`; addresses are left out. */
export function describeConfiguration(configuration: Configuration): string {
  const { voters, votersOld, learners } = configuration
  const old = votersOld === null ? '' : `, old voters ${votersOld.join(' ')}`
  const learning = learners.length === 0 ? '' : `, learners ${learners.join(' ')}`
  return `voters ${voters.join(' ') || 'none'}${old}${learning}`
}

/** The message with its fields, without `from` and `to`. */
export function describeMessage(message: Message): string {
  switch (message.kind) {
    case 'requestVoteRequest': {
      const { term, lastLogIndex, lastLogTerm, isTransfer } = message
      const why = isTransfer ? ' transfer' : ''
      return `RequestVoteRequest term=${term} last=${lastLogIndex}@${lastLogTerm}${why}`
    }
    case 'requestVoteResponse': {
      const { term, voteGranted } = message
      return `RequestVoteResponse term=${term} ${voteGranted ? 'granted' : 'refused'}`
    }
    case 'preVoteRequest': {
      const { term, lastLogIndex, lastLogTerm } = message
      return `PreVoteRequest term=${term} last=${lastLogIndex}@${lastLogTerm}`
    }
    case 'preVoteResponse': {
      const { term, voteGranted } = message
      return `PreVoteResponse term=${term} ${voteGranted ? 'granted' : 'refused'}`
    }
    case 'readIndexRequest':
      return `ReadIndexRequest term=${message.term}`
    case 'readIndexResponse': {
      const { term, success, index } = message
      return `ReadIndexResponse term=${term} ${success ? `index=${index}` : 'refused'}`
    }
    case 'timeoutNowRequest':
      return `TimeoutNowRequest term=${message.term}`
    case 'appendEntriesRequest':
      return describeAppendEntries(message)
    case 'appendEntriesResponse':
      return `AppendEntriesResponse term=${message.term} ${describeOutcome(message)}`
    case 'installSnapshotRequest': {
      const { term, snapshot, offset, data } = message
      const place = `${snapshot.lastIndex}@${snapshot.lastTerm}`
      const done = offset + data.length === snapshot.size ? ' done' : ''
      const chunk = `bytes=${offset}+${data.length}/${snapshot.size}${done}`
      return `InstallSnapshotRequest term=${term} last=${place} ${chunk}`
    }
    case 'installSnapshotResponse': {
      const { term, bytesStored, matchIndex } = message
      const match = matchIndex === 0 ? '' : ` matchIndex=${matchIndex}`
      return `InstallSnapshotResponse term=${term} bytesStored=${bytesStored}${match}`
    }
    default:
      return unreachable(message)
  }
}

function describeAppendEntries(request: AppendEntriesRequest): string {
  const { term, prevLogIndex, prevLogTerm, leaderCommit } = request
  const entries = request.entries.map(describeEntry).join(', ')
  const place = `term=${term} prev=${prevLogIndex}@${prevLogTerm}`
  return `AppendEntriesRequest ${place} entries=[${entries}] leaderCommit=${leaderCommit}`
}

function describeOutcome(response: AppendEntriesResponse): string {
  if (response.requestId === 0) return response.success ? 'success' : 'failure'
  const full = response.diskIsFull ? ' diskFull' : ''
  if (response.success) return `success matchIndex=${response.matchIndex}${full}`
  return `failure hint=${response.hintIndex}@${response.hintTerm}${full}`
}

/** What a notice says, without who says it. */
export function describeNotice(notice: Notice): string {
  switch (notice.kind) {
    case 'roleChanged': {
      const leader = notice.role === 'follower' ? ` of ${notice.leaderId ?? 'nobody yet'}` : ''
      return `becomes ${notice.role}${leader} in term ${notice.term}: ${notice.why}`
    }
    case 'voteRefused': {
      const { candidate, term, isPreVote, why } = notice
      return `refuses ${candidate} a ${isPreVote ? 'pre-vote' : 'vote'} for term ${term}: ${why}`
    }
    case 'contradiction':
      return `${notice.from} contradicts Raft: it ${notice.what}`
    case 'configurationAdopted':
      return `goes by configuration ${notice.index}: ${describeConfiguration(notice.configuration)}`
    case 'configurationCommitted':
      return `knows configuration ${notice.index} to be committed`
    case 'diskSpace':
      return notice.isFull ? 'finds its disk full' : 'finds space on its disk again'
    case 'learnerCaughtUp':
      return `has brought ${notice.learner} up to date in ${rounds(notice.rounds)}`
    case 'removed':
      return `is removed by configuration ${notice.index}`
    case 'added':
      return `is taken in by configuration ${notice.index}`
    case 'forgetfulPeer':
      return `${notice.peer} has lost entries that it acknowledged through ${notice.matchIndex}`
    default:
      return unreachable(notice)
  }
}

function rounds(count: number): string {
  return count === 1 ? '1 round' : `${count} rounds`
}
