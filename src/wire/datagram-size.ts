/**
 * How much of a datagram is left for entries, and so how long a command may be. The core packs
 * entries by `sizeOfEntry`; what is around them is bounded here.
 */
import { utf8Encode } from '../base/bytes.ts'
import type { ServerId } from '../raft/index.ts'
import { bytesFieldLength, varintLength, varintLengthMax } from './varint.ts'

/** The largest number there is here, with a tag of one byte, and with a tag of two. */
const numberFieldLengthMax = 1 + varintLengthMax
const ourNumberFieldLengthMax = 2 + varintLengthMax

/** The largest payload that UDP over IPv4 carries, so the largest length inside a datagram. */
const payloadBytesMax = 65_507

/**
 * The most that an AppendEntriesRequest takes around its entries, from a leader of this name: the
 * wrapper's tag and length, Term, PrevLogIndex, PrevLogTerm, LeaderCommit, LeaderId, RequestId.
 */
export function appendEntriesOverheadMax(leaderId: ServerId): number {
  return (
    1 +
    varintLength(payloadBytesMax) +
    4 * numberFieldLengthMax +
    bytesFieldLength(5, utf8Encode(leaderId).length) +
    ourNumberFieldLengthMax
  )
}

/**
 * The longest command that still fits alone into a datagram of `datagramBytesMax`, whichever of the
 * servers leads, at any index and term, and whether it is text or not. Not below 0: then the
 * datagram has no room for any command.
 */
export function commandNameBytesMax(
  datagramBytesMax: number,
  serverIds: readonly ServerId[],
): number {
  const overhead = Math.max(...serverIds.map(appendEntriesOverheadMax))
  // The entry's own tag and length; Index and Term; Kind; Command's tag and length.
  const lengthMax = varintLength(datagramBytesMax)
  const around = 1 + lengthMax + 2 * numberFieldLengthMax + 3 + 2 + lengthMax
  return Math.max(0, datagramBytesMax - overhead - around)
}
