/**
 * What a checker needs to know of the thing that was used: a sequential model of it, which answers
 * one operation at a time. A history is linearizable when the model, taking the operations in some
 * order that respects real time, gives every answer the clients saw. The models themselves are in
 * models/; the search for the order is in search.ts.
 */
import type { Operation } from './history.ts'

/**
 * A deterministic sequential model. All members are pure functions. States are immutable values.
 *
 * @typeParam State what the object holds between two operations
 * @typeParam Input what a client asks; says which operation and with which arguments
 * @typeParam Output what a client is answered; `undefined` stands for "never learned" and is
 * therefore no possible answer
 */
export interface Model<State, Input, Output> {
  /** A short name, such as `cas-register`. */
  readonly name: string

  /**
   * The part of the object that this operation touches. Operations with different partitions never
   * affect each other, so each partition is checked alone (P-compositionality), which is what makes
   * long histories over many keys cheap. A model that cannot be split returns `''` for all.
   */
  partition(input: Input): string

  /** The state before the first operation. */
  init(): State

  /**
   * The state after the operation took effect in `state` and answered `output`; undefined where it
   * could not have given this answer (so that a state may be null, but not undefined). With
   * `output` undefined (nobody learned the answer) it must accept wherever some answer would be
   * accepted, and lead to the same state: forgetting an answer may only ever allow more. The
   * diagnosis rests on that.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined

  /** The identity of a state: two states are equal where their keys are, as keys of a `Map`. */
  key(state: State): unknown

  /** True where the operation never changes the state: unanswered, it can be left out. */
  readOnly(input: Input): boolean

  /**
   * Where two unanswered operations have equal values here (undefined: like no other), it makes no
   * difference which of the two took effect, and only one order of them is tried. Optional: it
   * saves time and changes no verdict.
   */
  alike?(input: Input): unknown

  /**
   * The same model, knowing all the operations of one partition beforehand. It may refuse steps
   * that lead to no linearization of these operations, treat an unanswered operation that no
   * linearization needs as one that changes nothing, and take states for equal that these
   * operations cannot tell apart. Optional: it saves time and changes no verdict. Throws {@link
   * HistoryError} for operations that the model does not allow.
   */
  narrow?(operations: readonly Operation<Input, Output>[]): Model<State, Input, Output>

  /** What a client did, as a verb in the past: `read 3`, `tried to write 4, and got no answer`. */
  describe(input: Input, output: Output | undefined): string

  /** The same in a few characters, for a picture: `r 3`, `w 4`. */
  label(input: Input, output: Output | undefined): string

  /** The state in words, fit to follow "the state was": `"x 1 y"`. */
  describeState(state: State): string
}

/** Like {@link Model}, where an operation in a state may lead to any of several states. */
export interface NondeterministicModel<State, Input, Output>
  extends Omit<Model<State, Input, Output>, 'init' | 'step' | 'key' | 'narrow' | 'alike'> {
  /** Every state that is possible before the first operation; at least one. */
  init(): readonly State[]
  /** Every state that is possible after it; none where it could not have given this answer. */
  step(state: State, input: Input, output: Output | undefined): readonly State[]
  /** The identity of a state, as text. */
  key(state: State): string
}

/**
 * The deterministic model of a nondeterministic one: its state is the set of all the states that
 * are possible. Costs as much per step as there are possible states.
 */
export function powerSet<State, Input, Output>(
  model: NondeterministicModel<State, Input, Output>,
): Model<readonly State[], Input, Output> {
  const distinct = (states: readonly State[]): readonly State[] =>
    [...new Map(states.map((state) => [model.key(state), state])).entries()]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, state]) => state)
  return {
    name: model.name,
    partition: (input) => model.partition(input),
    init: () => distinct(model.init()),
    step: (states, input, output) => {
      const next = distinct(states.flatMap((state) => model.step(state, input, output)))
      return next.length === 0 ? undefined : next
    },
    key: (states) => JSON.stringify(states.map((state) => model.key(state))),
    readOnly: (input) => model.readOnly(input),
    describe: (input, output) => model.describe(input, output),
    label: (input, output) => model.label(input, output),
    describeState: (states) => states.map((state) => model.describeState(state)).join(' or '),
  }
}
