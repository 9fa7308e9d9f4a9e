/**
 * What happened, in order. The last few thousand events are kept as they were, without making text
 * of them; a sink, where there is one, is given every event as a line. The fingerprint sums up all
 * of them: two runs with equal fingerprints took the same course.
 */
import type { Message, Milliseconds } from '../raft/index.ts'

/** What an event of the trace is about; its details are as `trace-text.ts` reads them. */
export type TraceKind =
  | 'send'
  | 'arrive'
  | 'notice'
  | 'boot'
  | 'end'
  | 'fault'
  | 'propose'
  | 'answer'
  | 'apply'
  | 'save'
  | 'saved'
  | 'client'

export interface TraceEvent {
  readonly time: Milliseconds
  readonly kind: TraceKind
  /** The server's place among the servers; -1 for what concerns all of them. */
  readonly server: number
  readonly what: unknown
  readonly detail: unknown
}

const keptMax = 8192
const kinds: readonly TraceKind[] = [
  'send',
  'arrive',
  'notice',
  'boot',
  'end',
  'fault',
  'propose',
  'answer',
  'apply',
  'save',
  'saved',
  'client',
]
const codes = new Map(kinds.map((kind, code) => [kind, code]))

export class Trace {
  readonly #now: () => Milliseconds
  readonly #sink: ((event: TraceEvent) => void) | null
  readonly #times = new Float64Array(keptMax)
  readonly #codes = new Uint8Array(keptMax)
  readonly #servers = new Int8Array(keptMax)
  readonly #whats: unknown[] = new Array(keptMax).fill(null)
  readonly #details: unknown[] = new Array(keptMax).fill(null)
  readonly #bits = new DataView(new ArrayBuffer(8))
  #count = 0
  #hash = 0

  constructor(now: () => Milliseconds, sink: ((event: TraceEvent) => void) | null) {
    this.#now = now
    this.#sink = sink
  }

  /** Events so far, kept or not. */
  get count(): number {
    return this.#count
  }

  get fingerprint(): string {
    return `${this.#count}-${(this.#hash >>> 0).toString(16).padStart(8, '0')}`
  }

  add(kind: TraceKind, server: number, what: unknown, detail: unknown): void {
    const at = this.#count % keptMax
    const time = this.#now()
    const code = codes.get(kind) as number
    this.#times[at] = time
    this.#codes[at] = code
    this.#servers[at] = server
    this.#whats[at] = what
    this.#details[at] = detail
    this.#count += 1
    this.#bits.setFloat64(0, time)
    this.#fold(this.#bits.getInt32(0))
    this.#fold(this.#bits.getInt32(4))
    this.#fold(code * 64 + server)
    if (kind === 'send' || kind === 'arrive') this.#fold((what as Message).term)
    this.#sink?.({ time, kind, server, what, detail })
  }

  /** The last events, oldest first; at most as many as are kept. */
  last(count: number): TraceEvent[] {
    const first = Math.max(0, this.#count - Math.min(count, keptMax))
    const events: TraceEvent[] = []
    for (let i = first; i < this.#count; i++) {
      const at = i % keptMax
      events.push({
        time: this.#times[at] as number,
        kind: kinds[this.#codes[at] as number] as TraceKind,
        server: this.#servers[at] as number,
        what: this.#whats[at],
        detail: this.#details[at],
      })
    }
    return events
  }

  #fold(value: number): void {
    const mixed = Math.imul(this.#hash ^ value, 0x9e3779b1)
    this.#hash = mixed ^ (mixed >>> 15)
  }
}
