/** A verdict in plain words: what failed, where, what was possible there, and what contradicts what. */
import type { CheckResult, Exhausted } from './checker.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { History, Operation } from './history.ts'
import type { Model } from './model.ts'

/**
 * The explanation, line by line; the operations in conflict are indented by two spaces. `diagnosis`
 * is that of the result, null unless the verdict is illegal.
 */
export function explain<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  result: CheckResult<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output> | null,
): readonly string[] {
  if (diagnosis !== null) return explainFailure(model, history, diagnosis)
  if (result.verdict === 'ok') {
    return ['ok: the operations can be put in an order that explains every answer.']
  }
  const spent = result.exhausted === null ? 'the budget' : spentBudgets[result.exhausted]
  return [`unknown: ${spent} was spent before an answer was found.`]
}

const spentBudgets: Readonly<Record<Exhausted, string>> = {
  steps: 'the budget of steps',
  memory: 'the budget of memory',
  stopped: 'the budget of time',
}

function explainFailure<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  diagnosis: Diagnosis<State, Input, Output>,
): readonly string[] {
  const { partition, eventCount, failure, isShortest, conflict, isConflictMinimal } = diagnosis
  const place = partition.key === '' ? '' : `, of partition ${JSON.stringify(partition.key)}`
  const shorter = isShortest
    ? `the first ${eventCount - 1} can.`
    : 'perhaps fewer cannot either, but the budget was spent.'
  const others = isConflictMinimal ? 'These answers' : 'Among these are answers that'
  return [
    'illegal: the operations cannot be put in any order that explains every answer.',
    `The first ${eventCount} of ${history.eventCount} events cannot be explained; ${shorter}`,
    `It fails where ${describeOperation(model, failure)}${place}.`,
    ...statesSentence(model, diagnosis),
    `${others} contradict each other, whatever the other operations did in their time:`,
    ...conflict.map((operation) => `  ${describeOperation(model, operation)}`),
  ]
}

function statesSentence<State, Input, Output>(
  model: Model<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output>,
): readonly string[] {
  const { possibleStates, areAllPossibleStates } = diagnosis
  if (possibleStates.length === 0) return []
  const states = listOf(possibleStates.map((state) => shorten(model.describeState(state), 200)))
  return areAllPossibleStates
    ? [`Right before that, in every order that explains the rest, the state is ${states}.`]
    : [`Right before that, the state may be ${states}, among others.`]
}

/** What a client did, and where that is recorded: `client 3 wrote 4 (line 5 to line 9)`. */
export function describeOperation<State, Input, Output>(
  model: Model<State, Input, Output>,
  operation: Operation<Input, Output>,
): string {
  const { process, input, output, callWhere, returnWhere } = operation
  const where =
    returnWhere === '' ? `${callWhere}, never answered` : `${callWhere} to ${returnWhere}`
  return `client ${process} ${model.describe(input, output)} (${where})`
}

function listOf(texts: readonly string[]): string {
  const [first = ''] = texts
  return texts.length < 2 ? first : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}

/** The text with its middle left out where it is longer than `lengthMax` characters. */
export function shorten(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  // The end of a log or of a value that was appended to says more than its beginning.
  const head = Math.floor(lengthMax / 3)
  return `${text.slice(0, head)}…${text.slice(text.length - (lengthMax - head - 1))}`
}
