/** What other folders may see of the wire. */
export { appendEntriesOverheadMax, commandNameBytesMax } from './datagram-size.ts'
export { isText, sizeOfEntry } from './log-entry.ts'
export type { Decoded, InvalidReason } from './raft-codec.ts'
export { decodeDatagram, encodeCommand, encodeMessage, invalidReasons } from './raft-codec.ts'
