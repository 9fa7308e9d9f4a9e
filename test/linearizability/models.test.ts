/** What the checker and its diagnosis rely on in every model, and what each model says in words. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CommandLog,
  type CommandLogOutput,
  casRegisterModel,
  check,
  commandLogModel,
  commandsDigest,
  type History,
  HistoryBuilder,
  HistoryError,
  keyValueModel,
  logCommands,
  type Model,
  registerModel,
  versionedKvModel,
} from '../../src/linearizability/index.ts'
import {
  casRegisterHistories,
  commandLogHistories,
  keyValueHistories,
  registerHistories,
  versionedKvHistories,
} from './arbitrary-histories.ts'
import { isLinearizable } from './naive.ts'

describe('register', () => keepsItsPromises(registerModel, registerHistories))
describe('cas-register', () => keepsItsPromises(casRegisterModel, casRegisterHistories))
describe('kv', () => keepsItsPromises(keyValueModel, keyValueHistories))
describe('versioned-kv', () => keepsItsPromises(versionedKvModel, versionedKvHistories))
describe('command-log', () => keepsItsPromises(commandLogModel('dense'), commandLogHistories))
describe('growing-command-log', () =>
  keepsItsPromises(commandLogModel('growing'), commandLogHistories))

function keepsItsPromises<State, Input, Output>(
  model: Model<State, Input, Output>,
  histories: fc.Arbitrary<History<Input, Output>>,
): void {
  test('forgetting an answer only ever allows more', () => {
    fc.assert(
      fc.property(histories, ({ operations }) => {
        let state = model.init()
        for (const { input, output } of operations) {
          const answered = model.step(state, input, output)
          const unanswered = model.step(state, input, undefined)
          if (answered === undefined) continue
          expect(unanswered).toBeDefined()
          expect(model.describeState(unanswered as State)).toBe(model.describeState(answered))
          state = answered
        }
      }),
    )
  })

  test('reads change nothing', () => {
    fc.assert(
      fc.property(histories, ({ operations }) => {
        let state = model.init()
        for (const { input, output } of operations) {
          const next = model.step(state, input, output)
          if (next === undefined) continue
          if (model.readOnly(input)) expect(model.key(next)).toBe(model.key(state))
          state = next
        }
      }),
    )
  })

  test('narrowed to some operations it gives the same verdict on them', () => {
    fc.assert(
      fc.property(histories, ({ operations }) => {
        const parts = new Set(operations.map(({ input }) => model.partition(input)))
        for (const key of parts) {
          const part = operations.filter(({ input }) => model.partition(input) === key)
          const narrowed = model.narrow?.(part) ?? model
          expect(isLinearizable(narrowed, part)).toBe(isLinearizable(model, part))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('everything has words', () => {
    fc.assert(
      fc.property(histories, ({ operations }) => {
        for (const { input, output } of operations) {
          expect(model.describe(input, output)).toMatch(/^\S.*\S$/)
          expect(model.label(input, output)).toMatch(/^\S(.*\S)?$/)
        }
      }),
    )
  })
}

test('what clients did, in words', () => {
  const { describe: cas } = casRegisterModel
  expect(cas({ kind: 'read', key: '' }, { kind: 'value', value: null })).toBe('read nil')
  expect(cas({ kind: 'read', key: 'x' }, undefined)).toBe(
    'asked to read register x, and got no answer',
  )
  expect(cas({ kind: 'write', key: 'x', value: 'a' }, { kind: 'done' })).toBe(
    'wrote "a" to register x',
  )
  const change = { kind: 'cas', key: '', from: 1, to: 2 } as const
  expect(cas(change, { kind: 'done' })).toBe('changed 1 to 2')
  expect(cas(change, { kind: 'refused' })).toBe(
    'asked to change 1 to 2, and was told that it was not 1',
  )
  expect(cas(change, undefined)).toBe('asked to change 1 to 2, and got no answer')
  const { describe: kv } = keyValueModel
  expect(kv({ kind: 'append', key: 'k', value: 'v' }, { kind: 'done' })).toBe('appended "v" to "k"')
  expect(kv({ kind: 'get', key: 'k' }, { kind: 'value', value: '' })).toBe('got "" from "k"')
  const { describe: log } = commandLogModel()
  expect(log({ kind: 'append', command: 'c' }, { kind: 'index', index: 3 })).toBe(
    'appended "c" at index 3',
  )
})

describe('a command log', () => {
  const model = commandLogModel()

  function logOf(...commands: readonly string[]): CommandLog {
    let log = model.init()
    for (const command of commands) {
      const longer = model.step(log, { kind: 'append', command }, undefined)
      if (longer === undefined) throw new Error('an unanswered append is always possible')
      log = longer
    }
    return log
  }

  const isRight = (log: CommandLog, output: CommandLogOutput): boolean =>
    model.step(log, { kind: 'read' }, output) !== undefined

  test('equal logs are one state', () => {
    expect(model.key(logOf('a', 'b'))).toBe(model.key(logOf('a', 'b')))
    expect(model.key(logOf('a', 'b'))).not.toBe(model.key(logOf('b', 'a')))
    expect(logCommands(logOf('a', 'b'))).toEqual(['a', 'b'])
  })

  test('answers reads of all, of the first, and of the digest', () => {
    const log = logOf('a', 'b', 'c')
    expect(isRight(log, { kind: 'all', commands: ['a', 'b', 'c'] })).toBe(true)
    expect(isRight(log, { kind: 'all', commands: ['a', 'b'] })).toBe(false)
    expect(isRight(log, { kind: 'all', commands: ['a', 'c', 'b'] })).toBe(false)
    expect(isRight(log, { kind: 'prefix', commands: ['a', 'b'] })).toBe(true)
    expect(isRight(log, { kind: 'prefix', commands: [] })).toBe(true)
    expect(isRight(log, { kind: 'prefix', commands: ['b'] })).toBe(false)
    expect(isRight(log, { kind: 'prefix', commands: ['a', 'b', 'c', 'd'] })).toBe(false)
    const digest = commandsDigest(['a', 'b', 'c'])
    expect(isRight(log, { kind: 'digest', length: 3, digest })).toBe(true)
    expect(isRight(log, { kind: 'digest', length: 2, digest })).toBe(false)
    expect(isRight(logOf('a', 'c', 'b'), { kind: 'digest', length: 3, digest })).toBe(false)
  })

  test('a digest depends on where commands end', () => {
    expect(commandsDigest(['ab', 'c'])).not.toBe(commandsDigest(['a', 'bc']))
    expect(commandsDigest(['', 'a'])).not.toBe(commandsDigest(['a', '']))
    expect(commandsDigest([])).toMatch(/^[0-9a-f]{16}$/)
  })

  test('indexes are dense, or only grow', () => {
    const growing = commandLogModel('growing')
    const append = { kind: 'append', command: 'a' } as const
    const index = (value: number) => ({ kind: 'index', index: value }) as const
    expect(model.step(model.init(), append, index(1))).toBeDefined()
    expect(model.step(model.init(), append, index(2))).toBeUndefined()
    const second = growing.step(growing.init(), append, index(2))
    expect(second).toBeDefined()
    expect(growing.step(second as CommandLog, { kind: 'append', command: 'b' }, index(2))).toBe(
      undefined,
    )
  })

  test('refuses a history in which a command is appended twice', () => {
    const builder = new HistoryBuilder<{ kind: 'append'; command: string }, CommandLogOutput>()
    builder.call('a', { kind: 'append', command: 'x' })
    builder.call('b', { kind: 'append', command: 'x' })
    const history = builder.build()
    expect(() => check(commandLogModel(), history)).toThrow(HistoryError)
    expect(() => check(commandLogModel(), history)).toThrow('two appends have the command "x"')
  })
})
