/** One line of text for each message and notice, as plays and traces write them. */
import { unreachable } from '../base/assert.ts'
import { utf8Decode } from '../base/bytes.ts'
import type { Notice } from './effects.ts'
import type { Message } from './message.ts'
import type { Entry } from './types.ts'

/** `requestVote term=2 last=3@1`. */
export function describeMessage(message: Message): string {
  const { senderTerm } = message
  switch (message.kind) {
    case 'appendEntry':
      return `appendEntry term=${senderTerm} ${describeEntry(message.entry)} prevTerm=${message.prevTerm}`
    case 'heartbeat':
    case 'requestVote':
      return `${message.kind} term=${senderTerm} last=${message.lastLogId}@${message.lastTerm}`
    case 'rejection':
      return `rejection of term=${senderTerm}: currentTerm=${message.currentTerm}`
    case 'appendEntryAnswer':
      return message.accepted
        ? `appendEntryAnswer term=${senderTerm} accepted ${message.id}`
        : `appendEntryAnswer term=${senderTerm} does not follow: last=${message.lastLogId}@${message.lastTerm}`
    case 'heartbeatAnswer':
      return `heartbeatAnswer term=${senderTerm} last=${message.lastLogId}@${message.lastTerm}`
    case 'requestVoteAnswer':
      return `requestVoteAnswer term=${senderTerm} ${message.granted ? 'granted' : 'refused'}`
    default:
      return unreachable(message)
  }
}

/** `2@1 "x"`; only `2@1` where the command is that text itself. */
export function describeEntry({ id, term, command }: Entry): string {
  const place = `${id}@${term}`
  const text = utf8Decode(command)
  return text === place ? place : `${place} "${text ?? `${command.length} bytes`}"`
}

export function describeNotice(notice: Notice): string {
  switch (notice.kind) {
    case 'roleChanged':
      return `becomes ${notice.role} in term ${notice.term}: ${notice.why}`
    case 'secondLeader':
      return `leads term ${notice.term}, and so does ${notice.from}`
    default:
      return unreachable(notice)
  }
}
