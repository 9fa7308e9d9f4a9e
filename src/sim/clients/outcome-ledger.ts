/**
 * What became of every entry, which must be the same on every server: whose request was a repeat,
 * whose session had expired. The first server that applies an entry writes it down.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { Entry } from '../../raft/index.ts'
import type { Outcome } from '../../state-machine/index.ts'

export class OutcomeLedger {
  readonly #outcomes: { readonly outcome: Outcome; readonly by: string }[] = []

  /** True where this is the first to apply the entry. */
  isFirst({ index }: Entry): boolean {
    return index > this.#outcomes.length
  }

  /** What is wrong with it; null: nothing. */
  applied(server: string, { index }: Entry, outcome: Outcome): string | null {
    const first = this.#outcomes[index - 1]
    if (first === undefined) {
      this.#outcomes.push({ outcome, by: server })
      return null
    }
    if (isSame(first.outcome, outcome)) return null
    return (
      `entry ${index} comes out as ${wordsFor(outcome)} on ${server}, and as ` +
      `${wordsFor(first.outcome)} on ${first.by}`
    )
  }
}

function isSame(a: Outcome, b: Outcome): boolean {
  if (a.kind === 'applied' && b.kind === 'applied') {
    return a.index === b.index && bytesEqual(a.response, b.response)
  }
  return wordsFor(a) === wordsFor(b)
}

function wordsFor(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'applied':
      return `applied at ${outcome.index}`
    case 'refused':
      return `refused at ${outcome.index}: ${outcome.message}`
    case 'registered':
      return `session ${outcome.clientId}`
    case 'sessionExpired':
      return `an expired session (${outcome.why})`
    case 'overloaded':
    case 'badRequest':
      return `${outcome.kind}: ${outcome.message}`
    default:
      return outcome.kind
  }
}
