/** Small random histories of every model, right and wrong ones. */
import fc from 'fast-check'
import {
  type CasRegisterInput,
  type CasRegisterOutput,
  type CommandLogInput,
  type CommandLogOutput,
  commandsDigest,
  type History,
  historyFromIntervals,
  type KeyValueInput,
  type KeyValueOutput,
  type RegisterInput,
  type RegisterOutput,
  type VersionedKvInput,
  type VersionedKvOutput,
} from '../../src/linearizability/index.ts'

interface Call<Input, Output> {
  readonly input: Input
  readonly output: Output | undefined
}

/** Operations at random times, some without an answer. Answers need not make any sense. */
function histories<Input, Output>(
  calls: fc.Arbitrary<readonly Call<Input, Output>[]>,
): fc.Arbitrary<History<Input, Output>> {
  const interval = fc.record({
    process: fc.constantFrom('a', 'b', 'c'),
    callTime: fc.integer({ min: 0, max: 9 }),
    duration: fc.integer({ min: 0, max: 4 }),
    isAnswered: fc.integer({ min: 0, max: 3 }).map((roll) => roll > 0),
  })
  return fc
    .tuple(calls, fc.array(interval, { minLength: operationsMax, maxLength: operationsMax }))
    .map(([chosen, intervals]) =>
      historyFromIntervals(
        chosen.map(({ input, output }, i) => {
          const { process, callTime, duration, isAnswered } = intervals[i] ?? never()
          return {
            process,
            input,
            output: isAnswered ? output : undefined,
            callTime,
            returnTime: callTime + duration,
          }
        }),
      ),
    )
}

function never(): never {
  throw new Error('there is an interval for every call')
}

/** The naive twin tries every order of so many. */
const operationsMax = 6

const value = fc.constantFrom<0 | 1 | null>(0, 1, null)
const key = fc.constantFrom('x', 'x', 'x', 'y')

const read: fc.Arbitrary<Call<RegisterInput, RegisterOutput>> = fc
  .tuple(key, value)
  .map(([name, seen]) => ({
    input: { kind: 'read', key: name },
    output: { kind: 'value', value: seen },
  }))
const write: fc.Arbitrary<Call<RegisterInput, RegisterOutput>> = fc
  .tuple(key, value)
  .map(([name, written]) => ({
    input: { kind: 'write', key: name, value: written },
    output: { kind: 'done' },
  }))
const cas: fc.Arbitrary<Call<CasRegisterInput, CasRegisterOutput>> = fc
  .tuple(key, value, value, fc.boolean())
  .map(([name, from, to, applied]) => ({
    input: { kind: 'cas', key: name, from, to },
    output: { kind: applied ? 'done' : 'refused' },
  }))

const some = { maxLength: operationsMax }

export const registerHistories: fc.Arbitrary<History<RegisterInput, RegisterOutput>> = histories(
  fc.array(fc.oneof(read, write), some),
)

export const casRegisterHistories: fc.Arbitrary<History<CasRegisterInput, CasRegisterOutput>> =
  histories(
    fc.array(
      fc.oneof<fc.Arbitrary<Call<CasRegisterInput, CasRegisterOutput>>[]>(read, write, cas, cas),
      some,
    ),
  )

const text = fc.constantFrom('', '1', '2', '12', '21')

const keyValueCall: fc.Arbitrary<Call<KeyValueInput, KeyValueOutput>> = fc
  .tuple(fc.constantFrom('get', 'get', 'put', 'append', 'append'), key, text)
  .map(([kind, name, content]) =>
    kind === 'get'
      ? { input: { kind, key: name }, output: { kind: 'value', value: content } }
      : {
          input: { kind: kind as 'put' | 'append', key: name, value: content },
          output: { kind: 'done' },
        },
  )

export const keyValueHistories: fc.Arbitrary<History<KeyValueInput, KeyValueOutput>> = histories(
  fc.array(keyValueCall, some),
)

const content = fc.constantFrom('1', '2', 'x')
const version = fc.constantFrom(null, null, 0, 1, 2)

const versionedKvInput: fc.Arbitrary<VersionedKvInput> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({
    kind: fc.constant('put' as const),
    key,
    value: content,
    expectedVersion: version,
  }),
  fc.record({ kind: fc.constant('delete' as const), key, expectedVersion: version }),
  fc.record({ kind: fc.constant('cas' as const), key, from: fc.option(content), to: content }),
  fc.record({ kind: fc.constant('increment' as const), key, by: fc.constantFrom(1, -1) }),
  fc.record({ kind: fc.constant('append' as const), key, value: content }),
)

/** Answers that fit the question, right or wrong; half of the histories tell no versions. */
function versionedKvCall(tells: boolean): fc.Arbitrary<Call<VersionedKvInput, VersionedKvOutput>> {
  const told = tells ? version : fc.constant(null)
  return fc
    .tuple(versionedKvInput, fc.nat(3), told, fc.option(content), fc.constantFrom(0, 1, 2))
    .map(([input, roll, known, value, sum]) => {
      const conflict = { kind: 'conflict', version: known } as const
      if (input.kind === 'get') return { input, output: { kind: 'value', value, version: known } }
      if (input.kind === 'increment') {
        const refused = { kind: 'refused' } as const
        const incremented = { kind: 'incremented', sum, version: known } as const
        return { input, output: roll === 0 ? refused : incremented }
      }
      if (input.kind === 'delete') {
        const deleted = { kind: 'deleted', existed: roll > 1 } as const
        return { input, output: roll === 0 ? conflict : deleted }
      }
      const changed = { kind: 'changed', version: known } as const
      return { input, output: roll === 0 && input.kind !== 'append' ? conflict : changed }
    })
}

export const versionedKvHistories: fc.Arbitrary<History<VersionedKvInput, VersionedKvOutput>> =
  histories(fc.oneof(fc.array(versionedKvCall(true), some), fc.array(versionedKvCall(false), some)))

/** Appends of a, b, c, …, and reads of lists that are mostly beginnings of some order of them. */
const commandCalls: fc.Arbitrary<readonly Call<CommandLogInput, CommandLogOutput>[]> = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    fc.array(fc.tuple(fc.shuffledSubarray(['a', 'b', 'c', 'd']), fc.nat({ max: 2 })), {
      maxLength: 2,
    }),
  )
  .map(([indexes, lists]) => [
    ...indexes.map((index, i): Call<CommandLogInput, CommandLogOutput> => {
      return {
        input: { kind: 'append', command: 'abcd'.charAt(i) },
        output: { kind: 'index', index },
      }
    }),
    ...lists.map(([commands, kind]): Call<CommandLogInput, CommandLogOutput> => {
      const digest = commandsDigest(commands)
      const outputs: readonly CommandLogOutput[] = [
        { kind: 'all', commands },
        { kind: 'prefix', commands },
        { kind: 'digest', length: commands.length, digest },
      ]
      return { input: { kind: 'read' }, output: outputs[kind] }
    }),
  ])

export const commandLogHistories: fc.Arbitrary<History<CommandLogInput, CommandLogOutput>> =
  histories(commandCalls)
