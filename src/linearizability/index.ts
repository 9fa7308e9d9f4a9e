/**
 * A linearizability checker: was there an order of the operations, in keeping with real time, in
 * which a sequential machine would have given every answer that the clients saw? `check` tells,
 * `diagnose` says why not, `explain` says it in words and `drawPicture` draws it.
 * docs/linearizability.md is the guide.
 */
export {
  type CheckOptions,
  type CheckResult,
  check,
  type Exhausted,
  memoryBytesMaxDefault,
  type PartitionResult,
  stepsMaxDefault,
  type Verdict,
} from './checker.ts'
export {
  type Diagnosis,
  type DiagnosisOptions,
  diagnose,
  diagnosisStepsMaxDefault,
} from './diagnosis.ts'
export { type LinearizedOperation, possibleStatesMax, type SearchFindings } from './findings.ts'
export { HistoryFormatError } from './formats/format-error.ts'
export { parseJepsen } from './formats/jepsen.ts'
export { formatJsonLines, jsonLinesModel, parseJsonLines } from './formats/json-lines.ts'
export { parseKvLines } from './formats/kv-lines.ts'
export {
  casRegisterCodec,
  commandLogCodec,
  keyValueCodec,
  type OperationCodec,
  registerCodec,
} from './formats/operation-codecs.ts'
export { versionedKvCodec } from './formats/versioned-kv-codec.ts'
export {
  type History,
  HistoryBuilder,
  HistoryError,
  type HistoryErrorCode,
  historyFromIntervals,
  type Interval,
  type Operation,
  type OperationId,
} from './history.ts'
export { type Model, type NondeterministicModel, powerSet } from './model.ts'
export {
  type CasRegisterInput,
  type CasRegisterOutput,
  casRegisterModel,
} from './models/cas-register.ts'
export {
  type CommandIndexes,
  type CommandLog,
  type CommandLogInput,
  type CommandLogOutput,
  commandLogModel,
  logCommands,
} from './models/command-log.ts'
export { commandsDigest } from './models/digest.ts'
export { type KeyValueInput, type KeyValueOutput, keyValueModel } from './models/key-value.ts'
export {
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
  registerModel,
} from './models/register.ts'
export {
  type VersionedKvInput,
  type VersionedKvOutput,
  type VersionedValue,
  versionedKvModel,
} from './models/versioned-kv.ts'
export { drawPicture, type PictureSubject, partitionsDrawnMax } from './picture.ts'
export { describeOperation, explain } from './report.ts'
