/**
 * A log as the terms of its entries, as figures draw it: `1,1,1,4,4`. Long ones are abbreviated:
 * `2x400` is four hundred entries of term 2, `2..51` is one entry for each of these terms.
 */
import { utf8Encode } from '../../base/bytes.ts'
import { type Entry, entry, type LogIndex, type Term } from '../../raft/index.ts'
import { Problem } from './scenario-error.ts'
import type { Words } from './words.ts'

/** More entries than anybody will read about; past it the scenario is refused. */
const entriesMax = 100_000

/** Runs at least so long are abbreviated when written. */
const runMin = 6

/** Terms separated by commas; `empty` for none. */
export function parseTerms(words: Words): readonly Term[] {
  if (words.take('empty')) return []
  const terms: Term[] = []
  do {
    terms.push(...parseRun(words.word('the term of an entry')))
    if (terms.length > entriesMax) {
      throw new Problem('SYNTAX', `a log in a scenario has at most ${entriesMax} entries`)
    }
  } while (words.take(','))
  for (const [i, term] of terms.entries()) {
    const before = terms[i - 1] ?? 1
    if (term < before) {
      throw new Problem(
        'SYNTAX',
        `terms in a log never decrease, and start at 1: ${before},${term}`,
      )
    }
  }
  return terms
}

function parseRun(text: string): Term[] {
  const [, first, sign, second] = /^(\d+)(?:(x|\.\.)(\d+))?$/.exec(text) ?? []
  if (first === undefined) throw new Problem('SYNTAX', `"${text}" is no term`)
  const term = Number(first)
  const number = Number(second)
  if (sign === undefined) return [term]
  const length = sign === 'x' ? number : number - term + 1
  if (!(length >= 1 && length <= entriesMax)) {
    throw new Problem('SYNTAX', `"${text}" has between 1 and ${entriesMax} entries`)
  }
  return Array.from({ length }, (_, i) => (sign === 'x' ? term : term + i))
}

/** The terms as {@link parseTerms} reads them. */
export function formatTerms(terms: readonly Term[]): string {
  if (terms.length === 0) return 'empty'
  const parts: string[] = []
  for (let i = 0; i < terms.length; ) {
    const term = terms[i] as Term
    const same = runLength(terms, i, 0)
    const rising = runLength(terms, i, 1)
    if (same >= runMin) parts.push(`${term}x${same}`)
    else if (rising >= runMin) parts.push(`${term}..${term + rising - 1}`)
    else parts.push(String(term))
    i += Math.max(same >= runMin ? same : 1, rising >= runMin ? rising : 1)
  }
  return parts.join(',')
}

/** How many terms from `start` on each are `step` above the one before. */
function runLength(terms: readonly Term[], start: number, step: number): number {
  let length = 1
  while (terms[start + length] === (terms[start] as Term) + step * length) length += 1
  return length
}

/**
 * The entry that stands at a place where the scenario gives only a term. Its command is the place
 * itself, so that entries of different terms differ in what they do.
 */
export function givenEntry(index: LogIndex, term: Term): Entry {
  return entry(index, term, 'command', utf8Encode(`${index}@${term}`))
}
