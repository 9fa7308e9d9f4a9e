/** What the readers of recorded histories read, and what they refuse, line by line. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  casRegisterCodec,
  commandLogCodec,
  formatJsonLines,
  type History,
  HistoryBuilder,
  HistoryFormatError,
  jsonLinesModel,
  keyValueCodec,
  type OperationCodec,
  parseJepsen,
  parseJsonLines,
  parseKvLines,
  type RegisterInput,
  type RegisterOutput,
  registerCodec,
  versionedKvCodec,
} from '../../src/linearizability/index.ts'
import {
  casRegisterHistories,
  commandLogHistories,
  keyValueHistories,
  registerHistories,
  versionedKvHistories,
} from './arbitrary-histories.ts'

function problemOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof HistoryFormatError) {
      expect(error.code).toBe('MALFORMED_HISTORY')
      expect(error.message).not.toContain('\n')
      return error.message
    }
    throw error
  }
  throw new Error('a HistoryFormatError was expected')
}

describe('Jepsen logs', () => {
  const log = (...lines: readonly string[]): string =>
    lines.map((line) => `INFO  jepsen.util - ${line}\n`).join('')

  test('every kind of line', () => {
    const text = log(
      '0\t:invoke\t:read\tnil',
      '1\t:invoke\t:write\t-4',
      '0\t:ok\t:read\t3',
      '1\t:ok\t:write\t-4',
      '0\t:invoke\t:cas\t[1 2]',
      '1\t:invoke\t:cas\t[nil 2]',
      '0\t:ok\t:cas\t[1 2]',
      '1\t:fail\t:cas\t[nil 2]',
      '2\t:invoke\t:write\t5',
      '2\t:info\t:write\t:timed-out',
      '3\t:invoke\t:read\tnil',
      '3\t:fail\t:read\t:timed-out',
      '4\t:invoke\t:write\t6',
      '4\t:fail\t:write\t6',
      '5\t:invoke\t:cas\t[1 1]',
    )
    const { operations, eventCount } = parseJepsen(text)
    expect(eventCount).toBe(15)
    expect(operations.map(({ process, input, output }) => [process, input.kind, output])).toEqual([
      ['0', 'read', { kind: 'value', value: 3 }],
      ['1', 'write', { kind: 'done' }],
      ['0', 'cas', { kind: 'done' }],
      ['1', 'cas', { kind: 'refused' }],
      ['2', 'write', undefined],
      ['3', 'read', undefined],
      ['5', 'cas', undefined],
    ])
    expect(operations[1]).toMatchObject({
      input: { kind: 'write', key: '', value: -4 },
      callWhere: 'line 2',
      returnWhere: 'line 4',
    })
    expect(operations[3]?.input).toEqual({ kind: 'cas', key: '', from: null, to: 2 })
  })

  test('spaces for tabs, empty lines, Windows line ends and other loggers', () => {
    const text =
      'INFO  jepsen.core - Worker 0 starting\r\n\r\n' +
      'INFO  jepsen.util - :nemesis :info :start nil\r\n' +
      'INFO  jepsen.util - 0 :invoke :write 1\r\nINFO  jepsen.util - 0 :ok :write 1'
    expect(parseJepsen(text).operations).toHaveLength(1)
  })

  test.each([
    ['nonsense', 'line 1: not a line of a Jepsen log: "nonsense"'],
    [log('x\t:invoke\t:read\tnil'), 'line 1: not the number of a process: "x"'],
    [log('0\t:begin\t:read\tnil'), 'line 1: not :invoke, :ok, :fail or :info: ":begin"'],
    [log('0\t:invoke\t:add\t1'), 'line 1: not :read, :write or :cas: ":add"'],
    [log('0\t:invoke\t:write\tone'), 'line 1: not a whole number or nil: "one"'],
    [log('0\t:invoke\t:write\t12345678901234567890'), 'line 1: not a whole number or nil'],
    [log('0\t:invoke\t:cas\t[1]'), 'line 1: not a pair such as [1 4]: "[1]"'],
    [log('0\t:ok\t:read\t1'), 'line 1: process "0" ends a call, but has none open'],
    [
      log('0\t:invoke\t:read\tnil', '0\t:invoke\t:read\tnil'),
      'line 2: process "0" calls, but its call of line 1 is open',
    ],
    [
      log('0\t:invoke\t:read\tnil', '0\t:ok\t:write\t1'),
      'line 2: process 0 ends a ":write", but its call is :read',
    ],
    [
      log('0\t:invoke\t:write\t2', '0\t:ok\t:write\t1'),
      'line 2: the answer repeats another value than the call had',
    ],
    ['', 'there is no operation in it'],
    ['INFO  jepsen.core - nothing happened\n', 'there is no operation in it'],
  ])('%j is refused', (text, problem) => {
    expect(problemOf(() => parseJepsen(text))).toContain(problem)
  })
})

describe('kv lines', () => {
  const line = (type: string, operation: string, value: string, process = 0): string =>
    `{:process ${process}, :type :${type}, :f :${operation}, :key "k", :value ${value}}\n`

  test('every kind of line', () => {
    const text =
      line('invoke', 'put', '"a \\"b\\" \\\\"') +
      line('ok', 'put', '"a \\"b\\" \\\\"') +
      line('invoke', 'append', '"c"', 1) +
      line('info', 'append', '"c"', 1) +
      line('invoke', 'append', '"d"', 2) +
      line('fail', 'append', '"d"', 2) +
      line('invoke', 'get', 'nil') +
      line('ok', 'get', '""')
    expect(parseKvLines(text).operations.map(({ input, output }) => [input, output])).toEqual([
      [{ kind: 'put', key: 'k', value: 'a "b" \\' }, { kind: 'done' }],
      [{ kind: 'append', key: 'k', value: 'c' }, undefined],
      [
        { kind: 'get', key: 'k' },
        { kind: 'value', value: '' },
      ],
    ])
  })

  test.each([
    ['{}', 'line 1: not {:process N, :type :T, :f :F, :key "K", :value V}: "{}"'],
    [line('begin', 'get', 'nil'), 'line 1: not :invoke, :ok, :fail or :info: ":begin"'],
    [line('invoke', 'delete', 'nil'), 'line 1: not :get, :put or :append: ":delete"'],
    [line('invoke', 'put', 'nil'), 'line 1: :put needs a value'],
    [line('invoke', 'put', '"\\q"'), 'line 1: not a text'],
    [line('invoke', 'get', 'nil') + line('ok', 'get', 'nil'), 'line 2: a get that is answered'],
    [line('invoke', 'get', 'nil') + line('ok', 'put', '"x"'), 'line 2: process 0 ends another'],
    [line('invoke', 'put', '"y"') + line('ok', 'put', '"x"'), 'line 2: the answer repeats'],
    [line('ok', 'get', '"x"'), 'line 1: process "0" ends a call, but has none open'],
    ['\n\n', 'there is no operation in it'],
  ])('%j is refused', (text, problem) => {
    expect(problemOf(() => parseKvLines(text))).toContain(problem)
  })
})

describe('JSON Lines', () => {
  describe('register', () => survivesWriting('register', registerCodec, registerHistories))
  describe('cas-register', () =>
    survivesWriting('cas-register', casRegisterCodec, casRegisterHistories))
  describe('kv', () => survivesWriting('kv', keyValueCodec, keyValueHistories))
  describe('versioned-kv', () =>
    survivesWriting('versioned-kv', versionedKvCodec, versionedKvHistories))
  describe('command-log', () =>
    survivesWriting('command-log', commandLogCodec, commandLogHistories))

  function survivesWriting<Input, Output>(
    model: string,
    codec: OperationCodec<Input, Output>,
    histories: fc.Arbitrary<History<Input, Output>>,
  ): void {
    test('what is written is what is read', () => {
      fc.assert(
        fc.property(
          histories.filter(({ operations }) => operations.length > 0),
          (history) => {
            const text = formatJsonLines(model, codec, history)
            expect(jsonLinesModel(text)).toBe(model)
            const read = parseJsonLines(text, codec)
            const essence = ({ operations }: History<Input, Output>) =>
              operations.map(({ input, output, callPosition, returnPosition }) => {
                return { input, output, callPosition, returnPosition }
              })
            expect(essence(read)).toEqual(essence(history))
          },
        ),
      )
    })
  }

  test('a client with several open calls is written as several', () => {
    const builder = new HistoryBuilder<RegisterInput, RegisterOutput>()
    builder.call('a', { kind: 'write', key: '', value: 1 })
    const read = builder.call('a', { kind: 'read', key: '' })
    builder.call('a', { kind: 'write', key: '', value: 2 })
    builder.return(read, { kind: 'value', value: 1 })
    const text = formatJsonLines('register', registerCodec, builder.build())
    const { operations } = parseJsonLines(text, registerCodec)
    expect(operations.map(({ process }) => process)).toEqual(['a', 'a~2', 'a~3'])
  })

  test('times are told with the lines', () => {
    const text =
      '{"event":"call","process":7,"operation":"read","time":1.5}\n' +
      '{"event":"return","process":7,"value":null,"time":20}\n'
    const [read] = parseJsonLines(text, registerCodec).operations
    expect(read).toMatchObject({
      process: '7',
      callWhere: 'line 1, 1.5 ms',
      returnWhere: 'line 2, 20 ms',
    })
    expect(jsonLinesModel(text)).toBeNull()
  })

  const call = '{"event":"call","process":"a","operation":"read"}\n'

  test.each([
    ['{"event":', 'line 1: not JSON: "{\\"event\\":"'],
    ['[1]', 'line 1: not a JSON object: "[1]"'],
    ['{"process":"a"}', 'line 1: field "event" is missing'],
    ['{"event":"call"}', 'line 1: field "process" is missing'],
    [
      '{"event":"begin","process":"a"}',
      'line 1: event "begin" is not call, return, fail or unknown',
    ],
    ['{"event":"call","process":1.5}', 'line 1: field "process" is not a text or a number'],
    [
      '{"event":"call","process":"a","operation":"cas","from":1,"to":2}',
      'line 1: operation "cas" is not read or write',
    ],
    ['{"event":"call","process":"a","operation":"write"}', 'line 1: field "value" is missing'],
    [
      '{"event":"call","process":"a","operation":"write","value":[]}',
      'line 1: field "value" is not a text, a number, true, false or null',
    ],
    [
      '{"event":"call","process":"a","operation":"read","valeu":1}',
      'line 1: unknown field "valeu"',
    ],
    [`${call}{"event":"return","process":"a"}`, 'line 2: field "value" is missing'],
    [`${call}\n${call}`, 'line 3: process "a" calls, but its call of line 1 is open'],
    ['{"event":"fail","process":"a"}', 'line 1: process "a" ends a call, but has none open'],
    [
      '{"history":"kontiki","version":2,"model":"register"}',
      'line 1: version 2 of the format is not known',
    ],
    ['{"history":"other","version":1,"model":"register"}', 'line 1: a history of "other"'],
    ['{"history":"kontiki","version":1}', 'line 1: field "model" is missing'],
    ['{"history":"kontiki","version":1,"model":"register"}', 'there is no operation in it'],
  ])('%j is refused', (text, problem) => {
    expect(problemOf(() => parseJsonLines(text, registerCodec))).toContain(problem)
  })

  test.each([
    ['"operation":"delete","key":"k"', 'operation "delete" is not get, put or append'],
    ['"operation":"get"', 'field "key" is missing'],
    ['"operation":"put","key":"k","value":1', 'field "value" is not a text'],
  ])('a call of kv with %s is refused', (fields, problem) => {
    const text = `{"event":"call","process":"a",${fields}}`
    expect(problemOf(() => parseJsonLines(text, keyValueCodec))).toContain(problem)
  })

  test.each([
    ['append', '"command":"c"', '"index":0', 'field "index" is not a whole number >= 1'],
    ['append', '"command":"c"', '"index":1.5', 'field "index" is not a whole number >= 1'],
    ['read', '"time":1', '"commands":["a",1]', 'field "commands" is not a list of texts'],
    ['read', '"time":1', '"length":1', 'field "digest" is missing'],
    ['read', '"time":1', '"prefix":[],"length":1', 'unknown field "length"'],
  ])(
    'an answer of command-log to %s with %s, %s is refused',
    (operation, more, answer, problem) => {
      const text =
        `{"event":"call","process":"a","operation":"${operation}",${more}}\n` +
        `{"event":"return","process":"a",${answer}}\n`
      expect(problemOf(() => parseJsonLines(text, commandLogCodec))).toBe(`line 2: ${problem}`)
    },
  )

  test('long lines are quoted in part', () => {
    const problem = problemOf(() => parseJsonLines('x'.repeat(1000), registerCodec))
    expect(problem.length).toBeLessThan(100)
  })
})
