/** What a log drives; see each file. */
export { Applier, ApplyError } from './applier.ts'
export { ClusterClock } from './cluster-clock.ts'
export { bytesCodec, type Codec, type MachineCodecs, withCodecs } from './codec.ts'
export { CommandLog, entryLine, type LineSink } from './command-log.ts'
export { JsonError, jsonCodec, jsonDepthMax } from './json-codec.ts'
export {
  decodeKvCommand,
  decodeKvQuery,
  encodeKvCommand,
  encodeKvQuery,
  KvArgumentError,
} from './kv/command-encoding.ts'
export {
  type KvAnswer,
  type KvCommand,
  type KvEntry,
  type KvError,
  type KvErrorCode,
  type KvExpectation,
  type KvQuery,
  type KvResult,
  type KvRevision,
  type KvStats,
  keyBytesMax,
  kvErrorCodes,
  listBytesMax,
  listEntriesMax,
  valueBytesMax,
} from './kv/key-value.ts'
export { KeyValueMachine } from './kv/key-value-machine.ts'
export {
  decodeKvAnswer,
  decodeKvResult,
  encodeKvAnswer,
  encodeKvResult,
} from './kv/result-encoding.ts'
export type { Outcome, Response } from './outcome.ts'
export {
  type ClientId,
  decodeSessionCommand,
  encodeSessionCommand,
  encodeSessionRequest,
  requestOverheadMax,
  type SessionCommand,
} from './session-command.ts'
export { SessionMachine } from './session-machine.ts'
export {
  defaultSessionRules,
  type SessionRules,
  sequenceWindowMax,
  sessionRules,
  timeLeapMaxMs,
} from './session-rules.ts'
export { SnapshotError } from './snapshot-frames.ts'
export {
  type ApplyContext,
  type ByteMachine,
  CommandRefused,
  type StateMachine,
} from './state-machine.ts'
