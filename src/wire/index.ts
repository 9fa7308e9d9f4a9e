/** What other folders may see of the wire. */
export type {
  AdminAnswer,
  AdminQuestion,
  AdminRefusal,
  ChangeQuestion,
  Member,
  MemberPart,
  MembersAnswer,
  SnapshotAnswer,
} from './admin-message.ts'
export { parseAdminQuestion } from './admin-message.ts'
export type { ClientInvalidReason } from './client-codec.ts'
export {
  clientMessageBytesMax,
  clientPayloadBytesMax,
  encodeClientMessage,
  explanationLengthMax,
} from './client-codec.ts'
export type {
  AdminRequest,
  AdminResponse,
  ClientMessage,
  ClientQueryRequest,
  ClientQueryResponse,
  ClientRequest,
  ClientRequestMessage,
  ClientResponse,
  ClientResponseMessage,
  CloseSessionRequest,
  CloseSessionResponse,
  Consistency,
  KeepAliveRequest,
  KeepAliveResponse,
  LeaderHint,
  RegisterClientRequest,
  RegisterClientResponse,
  Status,
  StatusRequest,
  StatusResponse,
} from './client-message.ts'
export {
  adminRequest,
  adminResponse,
  clientQueryRequest,
  clientQueryResponse,
  clientRequest,
  clientResponse,
  closeSessionRequest,
  closeSessionResponse,
  keepAliveRequest,
  keepAliveResponse,
  registerClientRequest,
  registerClientResponse,
  statusRequest,
  statusResponse,
} from './client-message.ts'
export { appendEntriesOverheadMax, commandNameBytesMax } from './datagram-size.ts'
export type { DigestReport } from './digest-report.ts'
export type { DecodedEnvelope } from './envelope.ts'
export { clientInvalidReasons, decodeEnvelope, decodeFromClient } from './envelope.ts'
export { isText, sizeOfEntry } from './log-entry.ts'
export type { Decoded, InvalidReason } from './raft-codec.ts'
export {
  decodeDatagram,
  decodeFromReplica,
  encodeCommand,
  encodeDigestReport,
  encodeMessage,
  invalidReasons,
  MessageEncoder,
} from './raft-codec.ts'
