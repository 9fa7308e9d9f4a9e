/**
 * What happened in a run on ALPO: the last few thousand events, in the columns of Raft's traces.
 * Text is made of them only where somebody reads it.
 */
import { describeMessage, type Message } from '../../alpo/index.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { TraceEvent } from '../trace.ts'
import { traceLine } from '../trace-text.ts'

interface Event {
  readonly time: Milliseconds
  readonly server: number
  readonly what: string | Message
  /** Where the message goes or comes from, and what becomes of it. */
  readonly before: string
  readonly after: string
}

const keptMax = 4096

export class AlpoTrace {
  readonly #now: () => Milliseconds
  readonly #sink: ((line: string) => void) | null
  #events: Event[] = []

  constructor(now: () => Milliseconds, sink: ((line: string) => void) | null) {
    this.#now = now
    this.#sink = sink
  }

  /** As the network's strikes tell it. */
  add(_kind: TraceEvent['kind'], server: number, what: unknown, _detail: unknown): void {
    this.say(server, String(what))
  }

  say(server: number, what: string): void {
    this.#push({ time: this.#now(), server, what, before: '', after: '' })
  }

  message(server: number, message: Message, before: string, after: string): void {
    this.#push({ time: this.#now(), server, what: message, before, after })
  }

  /** The last lines, without heartbeats that found nothing missing, and their answers. */
  last(count: number): string[] {
    return this.#events
      .filter((event) => !isIdle(event))
      .slice(-count)
      .map(lineOf)
  }

  #push(event: Event): void {
    this.#events.push(event)
    if (this.#events.length >= 2 * keptMax) this.#events = this.#events.slice(-keptMax)
    this.#sink?.(lineOf(event))
  }
}

function isIdle({ what }: Event): boolean {
  return typeof what !== 'string' && (what.kind === 'heartbeat' || what.kind === 'heartbeatAnswer')
}

function lineOf({ time, server, what, before, after }: Event): string {
  const text = typeof what === 'string' ? what : `${before} ${describeMessage(what)}${after}`
  return traceLine({ time, kind: 'fault', server, what: text, detail: null })
}
