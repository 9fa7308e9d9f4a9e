/** How histories are recorded, and what cannot be one. */
import { describe, expect, test } from 'vitest'
import {
  HistoryBuilder,
  HistoryError,
  historyFromIntervals,
  type Interval,
} from '../../src/linearizability/index.ts'

function errorOf(run: () => unknown): HistoryError {
  try {
    run()
  } catch (error) {
    if (error instanceof HistoryError) return error
  }
  throw new Error('a HistoryError was expected')
}

describe('a builder', () => {
  test('puts events in the order in which they are told', () => {
    const builder = new HistoryBuilder<string, number>()
    const first = builder.call('a', 'x')
    const second = builder.call('b', 'y', 'line 7')
    builder.return(second, 2, 'line 8')
    builder.return(first, 1)
    expect(builder.build()).toEqual({
      eventCount: 4,
      operations: [
        {
          id: 0,
          process: 'a',
          input: 'x',
          output: 1,
          callPosition: 0,
          returnPosition: 3,
          callWhere: 'event 1',
          returnWhere: 'event 4',
        },
        {
          id: 1,
          process: 'b',
          input: 'y',
          output: 2,
          callPosition: 1,
          returnPosition: 2,
          callWhere: 'line 7',
          returnWhere: 'line 8',
        },
      ],
    })
  })

  test('forgets what failed, and keeps open what was lost or never ended', () => {
    const builder = new HistoryBuilder<string, number>()
    builder.fail(builder.call('a', 'failed'))
    builder.lose(builder.call('a', 'lost'))
    builder.call('a', 'open')
    const { operations, eventCount } = builder.build()
    expect(operations.map(({ id, input }) => [id, input])).toEqual([
      [0, 'lost'],
      [1, 'open'],
    ])
    for (const { output, returnPosition, returnWhere } of operations) {
      expect([output, returnPosition, returnWhere]).toEqual([undefined, Infinity, ''])
    }
    expect(eventCount).toBe(5)
  })

  test('can be used on', () => {
    const builder = new HistoryBuilder<string, number>()
    const id = builder.call('a', 'x')
    expect(builder.build().operations[0]?.output).toBeUndefined()
    builder.return(id, 5)
    expect(builder.build().operations[0]?.output).toBe(5)
  })

  test('refuses to end what is not open', () => {
    const builder = new HistoryBuilder<string, number | undefined>()
    const id = builder.call('a', 'x')
    expect(errorOf(() => builder.return(id, undefined)).code).toBe('NO_ANSWER')
    builder.return(id, 1)
    const again = errorOf(() => builder.lose(id))
    expect(again.code).toBe('NOT_OPEN')
    expect(again.message).toBe('operation 0 cannot end here: it has already returned')
    expect(errorOf(() => builder.fail(9)).message).toContain('was never called')
  })
})

describe('intervals', () => {
  const unanswered = (callTime: number): Interval<string, number> => {
    return { process: 'a', input: 'x', output: undefined, callTime, returnTime: 0 }
  }
  const interval = (callTime: number, returnTime: number): Interval<string, number> => {
    return { ...unanswered(callTime), output: 0, returnTime }
  }

  test('are sorted by time, calls before returns of the same time', () => {
    const { operations } = historyFromIntervals([interval(5, 6), interval(1, 5), interval(0, 9)])
    expect(
      operations.map(({ callPosition, returnPosition }) => [callPosition, returnPosition]),
    ).toEqual([
      [0, 5],
      [1, 3],
      [2, 4],
    ])
    expect(operations.map(({ callWhere }) => callWhere)).toEqual(['time 0', 'time 1', 'time 5'])
  })

  test('may not end before they begin', () => {
    expect(errorOf(() => historyFromIntervals([interval(2, 1)])).code).toBe('BAD_INTERVAL')
    expect(errorOf(() => historyFromIntervals([interval(Number.NaN, 1)])).code).toBe('BAD_INTERVAL')
    expect(errorOf(() => historyFromIntervals([interval(1, Number.NaN)])).code).toBe('BAD_INTERVAL')
  })

  test('without an answer need no end', () => {
    const { operations } = historyFromIntervals([unanswered(2), interval(3, 4)])
    expect(operations).toHaveLength(2)
  })
})
