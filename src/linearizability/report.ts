/**
 * The reasons for a verdict in plain words: what failed, where, what was possible there, and which
 * answers contradict each other.
 */
import type { CheckResult, Exhausted } from './checker.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { History, Operation } from './history.ts'
import type { Model } from './model.ts'

/**
 * The explanation, sentence by sentence; the operations in conflict are indented by two spaces.
 * `diagnosis` is that of the result, null unless the verdict is illegal.
 */
export function explain<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  result: CheckResult<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output> | null,
): readonly string[] {
  if (diagnosis !== null) return explainFailure(model, history, diagnosis)
  if (result.verdict === 'ok') {
    return ['The operations can be put in an order that explains every answer.']
  }
  const spent = result.exhausted === null ? 'The budget' : spentBudgets[result.exhausted]
  return [`${spent} was spent before an answer was found.`]
}

/** Operations in conflict that are listed: there are more only where a budget was spent. */
const conflictNamedMax = 20

const spentBudgets: Readonly<Record<Exhausted, string>> = {
  steps: 'The budget of steps',
  memory: 'The budget of memory',
  stopped: 'The budget of time',
}

function explainFailure<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  diagnosis: Diagnosis<State, Input, Output>,
): readonly string[] {
  const { partition, eventCount, failure, isShortest, conflict } = diagnosis
  const place = partition.key === '' ? '' : ` in partition ${JSON.stringify(partition.key)},`
  const named = conflict.slice(-conflictNamedMax)
  const hiddenCount = conflict.length - named.length
  const shorter = isShortest
    ? `the first ${eventCount - 1} can.`
    : 'perhaps fewer cannot either, but the budget was spent.'
  return [
    'The operations cannot be put in any order that explains every answer.',
    `The first ${eventCount} of ${history.eventCount} events cannot be explained; ${shorter}`,
    `It fails${place} where ${describeOperation(model, failure)}.`,
    ...statesSentence(model, diagnosis),
    conflictSentence(diagnosis),
    ...named.map((operation) => `  ${describeOperation(model, operation)}`),
    ...(hiddenCount === 0 ? [] : [`  and ${hiddenCount} more, called before these`]),
  ]
}

function conflictSentence<State, Input, Output>(
  diagnosis: Diagnosis<State, Input, Output>,
): string {
  const whatever = 'whatever the other operations did in their time'
  if (!diagnosis.isConflictMinimal) return `Some of these contradict each other, ${whatever}:`
  if (diagnosis.conflict.length === 1) return `This answer cannot be, ${whatever}:`
  return `These contradict each other, ${whatever}:`
}

function statesSentence<State, Input, Output>(
  model: Model<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output>,
): readonly string[] {
  const { possibleStates, areAllPossibleStates } = diagnosis
  if (possibleStates.length === 0) {
    const reason = 'The answers before that need it to have taken effect, but with another answer.'
    return areAllPossibleStates ? [reason] : []
  }
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
