/**
 * A recorded history, read with the format and the model that the command line names, and ready to
 * be checked. What kind of operations are in it is known only here: outside it is a text with a
 * verdict.
 */
import {
  type CheckOptions,
  casRegisterCodec,
  casRegisterModel,
  check,
  commandLogCodec,
  commandLogModel,
  diagnose,
  drawPicture,
  explain,
  type History,
  HistoryFormatError,
  jsonLinesModel,
  keyValueCodec,
  keyValueModel,
  type Model,
  parseJepsen,
  parseJsonLines,
  parseKvLines,
  registerCodec,
  registerModel,
  type Verdict,
  versionedKvCodec,
  versionedKvModel,
} from '../../linearizability/index.ts'

export const formatNames = ['json', 'jepsen', 'kv'] as const
export type FormatName = (typeof formatNames)[number]

export const modelNames = [
  'register',
  'cas-register',
  'kv',
  'versioned-kv',
  'command-log',
  'growing-command-log',
] as const
export type ModelName = (typeof modelNames)[number]

/** The models that the operations of a format fit; the first where none is named. */
export const modelsOfFormat: Readonly<Record<FormatName, readonly ModelName[]>> = {
  json: modelNames,
  jepsen: ['cas-register', 'register'],
  kv: ['kv'],
}

/** Budgets of one file. */
export interface Budgets {
  readonly seconds: number
  readonly steps: number
  readonly memoryBytes: number
}

export interface Finding {
  readonly verdict: Verdict
  /** What explains the verdict, line by line. */
  readonly words: readonly string[]
  readonly operationCount: number
  readonly partitionCount: number
  readonly steps: number
  /** The page for `--html`. */
  readonly draw: (title: string) => string
}

export interface RecordedHistory {
  readonly check: (budgets: Budgets) => Finding
}

/**
 * Reads a history. `model` is null where the command line names none. Throws HistoryFormatError
 * where the text is not of the format, or its operations not of the model.
 */
export function readHistory(
  text: string,
  format: FormatName,
  model: ModelName | null,
): RecordedHistory {
  switch (format) {
    case 'jepsen':
      return readJepsen(text, model)
    case 'kv':
      return ready(keyValueModel, parseKvLines(text))
    default:
      return readJsonLines(text, model ?? namedModel(text))
  }
}

function readJepsen(text: string, model: ModelName | null): RecordedHistory {
  const history = parseJepsen(text)
  const cas = history.operations.find(({ input }) => input.kind === 'cas')
  if (model === 'register' && cas !== undefined) {
    throw new HistoryFormatError(0, `${cas.callWhere}: the model register has no cas`)
  }
  return ready(casRegisterModel, history)
}

function readJsonLines(text: string, model: ModelName): RecordedHistory {
  switch (model) {
    case 'register':
      return ready(registerModel, parseJsonLines(text, registerCodec))
    case 'cas-register':
      return ready(casRegisterModel, parseJsonLines(text, casRegisterCodec))
    case 'kv':
      return ready(keyValueModel, parseJsonLines(text, keyValueCodec))
    case 'versioned-kv':
      return ready(versionedKvModel, parseJsonLines(text, versionedKvCodec))
    case 'command-log':
      return ready(commandLogModel('dense'), parseJsonLines(text, commandLogCodec))
    default:
      return ready(commandLogModel('growing'), parseJsonLines(text, commandLogCodec))
  }
}

function namedModel(text: string): ModelName {
  const named = jsonLinesModel(text)
  if (named === null) {
    throw new HistoryFormatError(0, 'its first line names no model, and neither does --model')
  }
  const model = modelNames.find((name) => name === named)
  if (model !== undefined) return model
  const problem = `the model ${JSON.stringify(named)} is not one of ${modelNames.join(', ')}`
  throw new HistoryFormatError(1, problem)
}

function ready<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): RecordedHistory {
  return { check: (budgets) => checkWithin(model, history, budgets) }
}

function checkWithin<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  budgets: Budgets,
): Finding {
  const options: CheckOptions = {
    stepsMax: budgets.steps,
    memoryBytesMax: budgets.memoryBytes,
    shouldStop: stopAfter(budgets.seconds),
  }
  const result = check(model, history, options)
  // Once more the same time: an answer without its reason is worth little.
  const diagnosis = diagnose(model, result, { shouldStop: stopAfter(budgets.seconds) })
  return {
    verdict: result.verdict,
    words: explain(model, history, result, diagnosis),
    operationCount: history.operations.length,
    partitionCount: result.partitions.length,
    steps: result.steps,
    draw: (title) => drawPicture({ title, model, history, result, diagnosis }),
  }
}

function stopAfter(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000
  return () => performance.now() >= end
}
