/** What servers tell each other of their state machines, beside Raft: see src/server/digests.ts. */
import type * as generated from './generated/raft.js'
import { numberOf } from './number-field.ts'

export interface DigestReport {
  /** The entry that was applied last; what names none is passed over. */
  readonly index: number
  readonly digest: number
  /** From a leader: this is what a majority has. Otherwise it is what the sender has. */
  readonly isVerdict: boolean
}

export function toDigestReport(report: DigestReport): generated.Raft.$Properties {
  const { index: Index, digest: Digest, isVerdict: IsVerdict } = report
  return { DigestReport: { Index, Digest, IsVerdict } }
}

export function fromDigestReport(report: generated.DigestReport.$Properties): DigestReport {
  const { Index, Digest, IsVerdict } = report
  return { index: numberOf(Index), digest: Digest ?? 0, isVerdict: IsVerdict ?? false }
}
