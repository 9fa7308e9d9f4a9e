/** One line of text for each message and notice, as plays and traces write them. */
import { unreachable } from '../base/assert.ts'
import { utf8Decode } from '../base/bytes.ts'
import type { Notice } from './effects.ts'
import type { Message } from './message.ts'
import type { Entry } from './types.ts'

/** `requestVote term=2 last=3@1`. */
export function describeMessage(message: Message): string {
  const said = `${message.kind} term=${message.senderTerm}`
  switch (message.kind) {
    case 'appendEntry':
      return `${said} ${describeEntry(message.entry)} prevTerm=${message.prevTerm}`
    case 'heartbeat':
    case 'requestVote':
      return `${said} last=${message.lastLogId}@${message.lastTerm}`
    case 'rejection':
      return `rejection of term=${message.senderTerm}: currentTerm=${message.currentTerm}`
    case 'appendEntryAnswer':
      return message.accepted
        ? `${said} accepted ${message.id}`
        : `${said} does not follow: last=${message.lastLogId}@${message.lastTerm}`
    case 'heartbeatAnswer':
      return `${said} last=${message.lastLogId}@${message.lastTerm}`
    case 'requestVoteAnswer':
      return `${said} ${message.granted ? 'granted' : 'refused'}`
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
