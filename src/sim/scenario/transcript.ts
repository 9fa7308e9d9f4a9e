/**
 * The output of a scenario: a line for each message that is delivered and for each thing that a
 * server does, as in `1→2  AppendEntriesRequest …` and `2    becomes leader …`. Long lists of
 * entries and long commands are abbreviated; everything else is in the core's own words.
 */
import { utf8Decode } from '../../base/bytes.ts'
import type { Recovered } from '../../ports/index.ts'
import {
  describeEntry,
  describeMessage,
  type Entry,
  type Message,
  type ServerId,
} from '../../raft/index.ts'
import type { Carried } from './manual-network.ts'
import { formatTerms } from './terms.ts'

/** More entries than these are told by the first two, the last, and their number. */
const entriesShown = 4

/** Longer commands are told by their beginning and their length. */
const charactersShown = 24

export class Transcript<M extends Carried = Message> {
  readonly #describe: (message: M) => string
  readonly #subjectWidth: number
  #lines: string[] = []
  /** Nothing is written down. */
  isMuted = false
  /** Messages are not, and what servers do is; what one does again and again, once. */
  isBrief = false
  readonly #said = new Map<ServerId, string>()

  constructor(ids: readonly ServerId[], describe: (message: M) => string) {
    this.#describe = describe
    this.#subjectWidth = 2 * Math.max(...ids.map((id) => id.length)) + 1
  }

  /** What a server does. */
  say(id: ServerId, what: string): void {
    if (this.isBrief && this.#said.get(id) === what) return
    this.#said.set(id, what)
    this.#line(id, what)
  }

  /** A message, and what becomes of it. */
  message(message: M, remark: string): void {
    if (this.isBrief) return
    const text = this.#describe(message)
    this.#line(`${message.from}→${message.to}`, remark === '' ? text : `${text}  (${remark})`)
  }

  /** What was written down since the last call. */
  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  #line(subject: string, text: string): void {
    if (!this.isMuted) this.#lines.push(`${subject.padEnd(this.#subjectWidth)}  ${text}`)
  }
}

export function describeForPlay(message: Message): string {
  if (message.kind !== 'appendEntriesRequest') return describeMessage(message)
  // The core lists every entry in full.
  const bare = describeMessage({ ...message, entries: [] })
  return bare.replace('entries=[]', `entries=[${describeEntries(message.entries)}]`)
}

/** `2@1 noop, 3@1 "x"`, or `2@1 noop, 3@1 "x", … 40@1 "y": 39 entries`. */
export function describeEntries(entries: readonly Entry[]): string {
  const described = entries.map(describeBriefly)
  if (entries.length <= entriesShown) return described.join(', ')
  const [first, second] = described
  return `${first}, ${second}, … ${described.at(-1)}: ${entries.length} entries`
}

/** `2@1 noop`, `2@1 "x"`; only `2@1` where the scenario gave no more than that. */
function describeBriefly(entry: Entry): string {
  const { index, term, kind, command } = entry
  const place = `${index}@${term}`
  if (kind === 'configuration') return describeEntry(entry)
  if (kind === 'noop') return `${place} noop`
  const text = utf8Decode(command)
  if (text === null) return `${place} (${command.length} bytes)`
  if (text === place) return place
  return `${place} ${describeText(text)}`
}

/** A command in quotes; a long one by its beginning and its length. */
export function describeText(text: string): string {
  if (text.length <= charactersShown) return `"${text}"`
  return `"${text.slice(0, charactersShown / 2)}…" of ${text.length} bytes`
}

/** `term 2, votedFor 1, log 1,1,2`; `snapshot 3@1, log 2` where 3 entries are in a snapshot. */
export function describeDurable({ currentTerm, votedFor, entries, snapshot }: Recovered): string {
  const terms = formatTerms(entries.map((entry) => entry.term))
  const covered = snapshot == null ? '' : `snapshot ${snapshot.lastIndex}@${snapshot.lastTerm}, `
  return `term ${currentTerm}, votedFor ${votedFor ?? 'none'}, ${covered}log ${terms}`
}

/** `1 save`, `3 saves`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
