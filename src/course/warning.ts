/**
 * What an operator should hear of, one line each, sorted into kinds: of one kind only a few a
 * second are worth saying, and that is for whoever prints them to keep.
 */
import { assert } from '../base/assert.ts'
import type { Milliseconds } from '../raft/index.ts'

export type WarningKind =
  | 'candidacy'
  | 'bufferFull'
  | 'commandTooLong'
  | 'hops'
  | 'contradiction'
  | 'forgetfulPeer'
  | 'termLeap'

export type Warn = (kind: WarningKind, text: string) => void

/** Warnings of one kind that are said in one window; the next one says how many were not. */
const saidPerWindowMax = 3
const windowMs = 1000

/**
 * A server that is alone stands for election several times a second, for as long as it is alone.
 */
const candidacyWindowMs = 10_000

interface Window {
  since: Milliseconds
  said: number
  unsaid: number
}

/** Lets the first few warnings of each kind through in every window of time. */
export class WarningFilter {
  readonly #now: () => Milliseconds
  readonly #say: (text: string) => void
  readonly #windows = new Map<WarningKind, Window>()

  constructor(now: () => Milliseconds, say: (text: string) => void) {
    this.#now = now
    this.#say = say
  }

  readonly warn: Warn = (kind, text) => {
    assert(!text.includes('\n'), 'a warning is one line')
    const now = this.#now()
    const window = this.#windows.get(kind) ?? { since: now, said: 0, unsaid: 0 }
    this.#windows.set(kind, window)
    if (now - window.since >= (kind === 'candidacy' ? candidacyWindowMs : windowMs)) {
      window.since = now
      window.said = 0
    }
    if (window.said >= saidPerWindowMax) {
      window.unsaid += 1
      return
    }
    window.said += 1
    this.#say(window.unsaid === 0 ? text : `${text} (and ${window.unsaid} more like it before)`)
    window.unsaid = 0
  }
}
