/**
 * The limits of sessions (§6.3). Servers must agree on them, or they would expire different
 * sessions; so a register entry carries those of the leader that made it, and from that entry on
 * they hold on every server, whatever its own options say. docs/sessions.md has the whole story.
 */
import type { Milliseconds } from '../raft/index.ts'
import { checkNames, OptionError } from '../raft/index.ts'

export interface SessionRules {
  /** Open sessions; one more, and the least recently active is expired. */
  readonly sessionsMax: number
  /**
   * A session that was silent for longer is expired, as the cluster's time has it. Longer than any
   * pause that a client should survive; clients keep alive well within it.
   */
  readonly sessionTimeoutMs: Milliseconds
  /**
   * Responses kept for one session, hence requests that a client may have unanswered; past it,
   * requests are refused as `overloaded` until the client says that it got some of them.
   */
  readonly responsesMax: number
  /** The same in bytes of responses; looked at before a request, so the last may go past it. */
  readonly responsesBytesMax: number
}

export const defaultSessionRules: SessionRules = {
  sessionsMax: 50_000,
  sessionTimeoutMs: 15 * 60 * 1000,
  responsesMax: 1024,
  responsesBytesMax: 4 * 1024 * 1024,
}

/** Each rule's least and greatest value; an entry that says otherwise is none of ours. */
const bounds: { readonly [K in keyof SessionRules]: readonly [number, number] } = {
  sessionsMax: [1, 1_000_000],
  sessionTimeoutMs: [100, 366 * 24 * 60 * 60 * 1000],
  responsesMax: [1, 1_000_000],
  responsesBytesMax: [1, 2 ** 40],
}

/** The defaults with `given` in their place. Throws OptionError where they cannot be. */
export function sessionRules(given: Partial<SessionRules> = {}): SessionRules {
  checkNames('sessions', given, Object.keys(defaultSessionRules))
  const rules = { ...defaultSessionRules, ...given }
  const wrong = wrongRule(rules)
  if (wrong === null) return rules
  const [least, greatest] = bounds[wrong]
  throw new OptionError(
    wrong,
    `must be a whole number from ${least} to ${greatest}; it is ${rules[wrong]}`,
  )
}

/** The first rule that is out of its bounds; null where none is. */
export function wrongRule(rules: SessionRules): keyof SessionRules | null {
  for (const name of Object.keys(bounds) as (keyof SessionRules)[]) {
    const [least, greatest] = bounds[name]
    const value = rules[name]
    if (!Number.isSafeInteger(value) || value < least || value > greatest) return name
  }
  return null
}

/**
 * How far one entry may move the cluster's time. A leader whose clock has leapt (a moved virtual
 * machine, say) then expires no session that was active within the rest of the timeout.
 */
export function timeLeapMaxMs(rules: SessionRules): Milliseconds {
  return Math.ceil(rules.sessionTimeoutMs / 4)
}

/**
 * How far a sequence number may be above the lowest unanswered one. Far more than `responsesMax`
 * lets through; what is beyond is no client that counts from 1. Part of the replicated rules, so
 * never to be changed without a new version of the commands.
 */
export const sequenceWindowMax = 1_000_000
