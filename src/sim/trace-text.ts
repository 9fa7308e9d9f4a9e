/**
 * The trace as text, a column a server: a line is one event, and it stands in the column of the
 * server that it happened to. `→s2` is to s2, `←s2` from s2; `7@3` is the entry at index 7 of
 * term 3.
 */
import { unreachable } from '../base/assert.ts'
import type { SaveBatch } from '../ports/index.ts'
import type { Answer, Entry, Message, Notice, ServerId } from '../raft/index.ts'
import { describeEntry, describeNotice } from '../raft/index.ts'
import type { TraceEvent } from './trace.ts'

const timeWidth = 11
const columnWidth = 16

/** The line above the columns. */
export function traceHeading(servers: readonly ServerId[]): string {
  const columns = servers.map((server) => server.padEnd(columnWidth)).join('')
  return `${'ms'.padStart(timeWidth)}  ${columns}`.trimEnd()
}

export function traceLine(event: TraceEvent): string {
  const time = event.time.toFixed(3).padStart(timeWidth)
  if (event.server === -1) return `${time}  ** ${traceText(event)}`
  return `${time}  ${' '.repeat(event.server * columnWidth)}${traceText(event)}`
}

/** What happened, without when and to whom. */
export function traceText({ kind, what, detail }: TraceEvent): string {
  switch (kind) {
    case 'send': {
      const message = what as Message
      const fate = detail === 'sent' ? '' : ` [${String(detail)}]`
      return `→${message.to} ${messageText(message)}${fate}`
    }
    case 'arrive': {
      const message = what as Message
      return `←${message.from} ${messageText(message)}${detail === null ? '' : ` [${detail}]`}`
    }
    case 'notice':
      return describeNotice(what as Notice)
    case 'propose':
      return `proposal ${String(what)}${detail === null ? '' : `: ${String(detail)}`}`
    case 'answer':
      return answerText(what as Answer)
    case 'apply':
      return `applies ${shortEntry(what as Entry)}`
    case 'save':
      return `saves ${batchesText(what as readonly SaveBatch[])}`
    case 'saved':
      return `has saved ${batchesText(what as readonly SaveBatch[])}`
    case 'client':
      return `${String(detail)} ${String(what)}`
    case 'boot':
    case 'end':
    case 'fault':
      return String(what)
    default:
      return unreachable(kind)
  }
}

/** A message in a few characters. */
export function messageText(message: Message): string {
  const { term } = message
  switch (message.kind) {
    case 'requestVoteRequest':
      return `vote? t${term} last ${message.lastLogIndex}@${message.lastLogTerm}${
        message.isTransfer ? ' transfer' : ''
      }`
    case 'requestVoteResponse':
      return `vote ${message.voteGranted ? 'yes' : 'no'} t${term}`
    case 'preVoteRequest':
      return `pre-vote? t${term} last ${message.lastLogIndex}@${message.lastLogTerm}`
    case 'preVoteResponse':
      return `pre-vote ${message.voteGranted ? 'yes' : 'no'} t${term}`
    case 'readIndexRequest':
      return `read index? t${term}`
    case 'readIndexResponse':
      return `read index ${message.success ? message.index : 'no'} t${term}`
    case 'timeoutNowRequest':
      return `timeout now t${term}`
    case 'appendEntriesRequest': {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit } = message
      const carries = entries.map((entry) => `${entry.index}@${entry.term}`)
      const first = carries[0] ?? ''
      const last = carries[carries.length - 1] ?? ''
      const range = carries.length > 1 ? `+${first}..${last}` : first === '' ? '' : `+${first}`
      return `append t${term} ${prevLogIndex}@${prevLogTerm}${range} commit ${leaderCommit}`
    }
    case 'appendEntriesResponse':
      // Without our request id there is neither a match nor a hint: Listing 1 has no room for them.
      if (message.requestId === 0) return `append ${message.success ? 'ok' : 'no'} t${term}`
      if (message.success) return `append ok t${term} match ${message.matchIndex}`
      return `append no t${term} hint ${message.hintIndex}@${message.hintTerm}`
    case 'installSnapshotRequest': {
      const { snapshot, offset, data } = message
      const place = `${snapshot.lastIndex}@${snapshot.lastTerm}`
      return `install t${term} ${place} ${offset}+${data.length}/${snapshot.size}`
    }
    case 'installSnapshotResponse': {
      const { bytesStored, matchIndex } = message
      return `install t${term} has ${bytesStored}${matchIndex > 0 ? `, match ${matchIndex}` : ''}`
    }
    default:
      return unreachable(message)
  }
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'accepted':
      return `proposal ${answer.proposalId} accepted at ${answer.index}@${answer.term}`
    case 'refused':
      return `proposal ${answer.proposalId} refused: ${answer.refusal}`
    case 'readable':
      return `read ${answer.readId} readable at ${answer.index}`
    case 'unreadable':
      return `read ${answer.readId} unreadable: ${answer.refusal}`
    case 'changeAccepted':
      return `change ${answer.changeId} begun at ${answer.index}@${answer.term}`
    case 'changeRefused':
      return `change ${answer.changeId} refused: ${answer.refusal}`
    case 'transferred':
      return `transfer ${answer.transferId}: ${answer.leaderId} leads term ${answer.term}`
    case 'transferRefused':
      return `transfer ${answer.transferId} refused: ${answer.refusal}`
    default:
      return unreachable(answer)
  }
}

function batchesText(batches: readonly SaveBatch[]): string {
  return batches.map(batchText).join('; ')
}

function batchText({ currentTerm, votedFor, truncateFrom, entries }: SaveBatch): string {
  const cut = truncateFrom === null ? '' : ` cut from ${truncateFrom}`
  const [first] = entries
  const last = entries[entries.length - 1]
  const range =
    first === undefined || last === undefined
      ? ''
      : ` +${first.index}@${first.term}${first === last ? '' : `..${last.index}@${last.term}`}`
  return `t${currentTerm} vote ${votedFor ?? '-'}${cut}${range}`
}

const entryWidthMax = 28

function shortEntry(entry: Entry): string {
  const text = describeEntry(entry)
  return text.length > entryWidthMax ? `${text.slice(0, entryWidthMax)}…` : text
}
