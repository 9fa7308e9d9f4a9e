/** `kontiki`: servers and clusters inside one's own program, and everything that they need. */

export type { ApplyContext, ByteMachine, StateMachine } from '../state-machine/index.ts'
export { ApplyError, CommandRefused } from '../state-machine/index.ts'
export type { Member, MemberPart, MembersAnswer, SnapshotAnswer } from '../wire/index.ts'
export type { AddSettings, Admin, AdminSettings, ChangeSettings, RemoveSettings } from './admin.ts'
export { openAdmin } from './admin.ts'
export type {
  ByteClient,
  Client,
  ClientEvent,
  ClientOptions,
  ClientSettings,
  Codec,
  Consistency,
  GivenCodecs,
  KeyValueChange,
  KeyValueChangeSettings,
  KeyValueConflict,
  KeyValueDeletion,
  KeyValueEntry,
  KeyValueErrorCode,
  KeyValueInput,
  KeyValueList,
  KeyValueListSettings,
  KeyValueRevision,
  KeyValueStats,
  KontikiErrorCode,
  MachineCodecs,
  OperationSettings,
  Outcome,
  ProposeSettings,
  QuerySettings,
  ServerList,
  ServerReport,
  ServerStatus,
} from './client.ts'
export {
  bytesCodec,
  bytesCodecs,
  describeClientEvent,
  jsonCodec,
  KeyValueError,
  KeyValueStore,
  KontikiError,
  OptionError,
  openClient,
} from './client.ts'
export { keyValueMachine } from './key-value-store.ts'
export type { GuideSettings } from './membership-guide.ts'
export type { KontikiServer, ServerEvents } from './open-server.ts'
export { openServer } from './open-server.ts'
export type { ServerSettings } from './server-options.ts'
