/** `kontiki`: servers and clusters inside one's own program, and everything that they need. */

export type { ApplyContext, StateMachine } from '../state-machine/index.ts'
export { ApplyError, CommandRefused } from '../state-machine/index.ts'
export type {
  Client,
  ClientEvent,
  ClientOptions,
  ClientSettings,
  Codec,
  Consistency,
  GivenCodecs,
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
  describeClientEvent,
  jsonCodec,
  KontikiError,
  OptionError,
  openClient,
} from './client.ts'
export type { KontikiServer, ServerEvents } from './open-server.ts'
export { openServer } from './open-server.ts'
export type { ServerSettings } from './server-options.ts'
