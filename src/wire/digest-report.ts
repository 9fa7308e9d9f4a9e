/** What servers tell each other of their state machines, beside Raft: see src/server/digests.ts. */
import type { ServerId } from '../raft/index.ts'
import type * as generated from './generated/raft.js'
import { numberOf } from './number-field.ts'

export interface DigestReport {
  /** The entry that was applied last; what names none is passed over. */
  readonly index: number
  readonly digest: number
  /** From a leader: this is what a majority has. Otherwise it is what the sender has. */
  readonly isVerdict: boolean
  /** Whose state the sender's descends from; null: its own, or this is a verdict. */
  readonly origin: ServerId | null
}

export function toDigestReport(report: DigestReport): generated.Raft.$Properties {
  const { index: Index, digest: Digest, isVerdict: IsVerdict, origin } = report
  return { DigestReport: { Index, Digest, IsVerdict, ...(origin && { Origin: origin }) } }
}

export function fromDigestReport(report: generated.DigestReport.$Properties): DigestReport {
  const { Index, Digest, IsVerdict, Origin } = report
  return {
    index: numberOf(Index),
    digest: Digest ?? 0,
    isVerdict: IsVerdict ?? false,
    origin: Origin || null,
  }
}
