/** The client over ports: what the promise shells, the simulator and the programs build on. */
export type { Channel, ChannelEvents, OpenChannel } from './channel.ts'
export { channelsOver } from './channel.ts'
export type {
  Cancel,
  ClientParts,
  OperationOptions,
  QueryOptions,
  RequestOptions,
} from './client-core.ts'
export { ClientCore } from './client-core.ts'
export type { KontikiErrorCode, Outcome } from './kontiki-error.ts'
export { KontikiError } from './kontiki-error.ts'
export type { MembershipGoal, MembershipStep } from './membership-plan.ts'
export { nextMembershipStep } from './membership-plan.ts'
export type { Done, RequestResult } from './operation.ts'
export type { ClientOptions } from './options.ts'
export { checkTime, clientOptions, defaultClientOptions } from './options.ts'
export type { GivenServer } from './servers.ts'
export type { ClientEvent, Trace } from './trace.ts'
export { describeClientEvent } from './trace.ts'
