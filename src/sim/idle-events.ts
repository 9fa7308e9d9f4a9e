/**
 * What can be left out of a story: heartbeats that say what the last one on their link said, and
 * answers to them, in a quiet moment nine lines of ten; and of many entries applied together all
 * but the first and the last.
 */
import type { Message } from '../raft/index.ts'
import type { TraceEvent } from './trace.ts'
import { messageText } from './trace-text.ts'

/** The events without the idle ones. */
export function withoutIdle(events: readonly TraceEvent[]): TraceEvent[] {
  const said = new Map<string, string>()
  return events.filter((event, i) => {
    if (event.kind === 'apply') {
      return !(isSameApply(event, events[i - 1]) && isSameApply(event, events[i + 1]))
    }
    if (event.kind !== 'send' && event.kind !== 'arrive') return true
    const message = event.what as Message
    if (!mayBeIdle(message)) return true
    const link = `${event.kind} ${message.from} ${message.to}`
    const text = `${messageText(message)} ${event.detail}`
    const isIdle = said.get(link) === text
    said.set(link, text)
    return !isIdle
  })
}

function mayBeIdle(message: Message): boolean {
  if (message.kind === 'appendEntriesRequest') return message.entries.length === 0
  return message.kind === 'appendEntriesResponse' && message.success
}

function isSameApply(event: TraceEvent, other: TraceEvent | undefined): boolean {
  return other?.kind === 'apply' && other.server === event.server && other.time === event.time
}
