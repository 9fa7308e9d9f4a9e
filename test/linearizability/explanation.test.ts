/** What is said of a verdict, to the word; and the page that shows it. */
import { describe, expect, test } from 'vitest'
import {
  type CheckOptions,
  casRegisterModel,
  check,
  diagnose,
  drawPicture,
  explain,
  type History,
  HistoryBuilder,
  type KeyValueInput,
  type KeyValueOutput,
  keyValueModel,
  type Model,
  parseJepsen,
  parseKvLines,
  partitionsDrawnMax,
} from '../../src/linearizability/index.ts'

function words<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): readonly string[] {
  const result = check(model, history, options)
  return explain(model, history, result, diagnose(model, result))
}

function page<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): string {
  const result = check(model, history, options)
  const diagnosis = diagnose(model, result)
  return drawPicture({ title: 'a <b> & c', model, history, result, diagnosis })
}

const jepsen = (...lines: readonly string[]): string =>
  lines.map((line) => `INFO  jepsen.util - ${line}\n`).join('')

const lostUpdate = parseJepsen(
  jepsen(
    '0 :invoke :write 1',
    '0 :ok :write 1',
    '1 :invoke :cas [1 2]',
    '2 :invoke :cas [1 3]',
    '1 :ok :cas [1 2]',
    '2 :ok :cas [1 3]',
    '3 :invoke :read nil',
    '3 :ok :read 3',
  ),
)

const get = (process: number, type: string, key: string, value: string): string =>
  `{:process ${process}, :type :${type}, :f :get, :key "${key}", :value ${value}}\n`

describe('in words', () => {
  test('what failed, where, and which answers contradict each other', () => {
    expect(words(casRegisterModel, lostUpdate)).toEqual([
      'The operations cannot be put in any order that explains every answer.',
      'The first 6 of 8 events cannot be explained; the first 5 can.',
      'It fails where client 2 changed 1 to 3 (line 4 to line 6).',
      'Right before that, in every order that explains the rest, the state is 2.',
      'These contradict each other, whatever the other operations did in their time:',
      '  client 1 changed 1 to 2 (line 3 to line 5)',
      '  client 2 changed 1 to 3 (line 4 to line 6)',
    ])
  })

  test('an answer that cannot be by itself', () => {
    const history = parseJepsen(jepsen('0 :invoke :read nil', '0 :ok :read 7'))
    expect(words(casRegisterModel, history).slice(-2)).toEqual([
      'This answer cannot be, whatever the other operations did in their time:',
      '  client 0 read 7 (line 1 to line 2)',
    ])
  })

  test('an operation that must have taken effect, though its answer denies it', () => {
    const history = parseJepsen(
      jepsen(
        '0 :invoke :cas [nil 5]',
        '1 :invoke :read nil',
        '1 :ok :read 5',
        '0 :fail :cas [nil 5]',
      ),
    )
    expect(words(casRegisterModel, history)).toContain(
      'The answers before that need it to have taken effect, but with another answer.',
    )
  })

  test('the partition that fails first, not the one found first', () => {
    const history = parseKvLines(
      get(0, 'invoke', 'late', 'nil') +
        get(1, 'invoke', 'early', 'nil') +
        get(1, 'ok', 'early', '"x"') +
        get(0, 'ok', 'late', '"x"'),
    )
    const result = check(keyValueModel, history)
    expect(result.partitions.map(({ verdict }) => verdict)).toEqual(['illegal', 'unchecked'])
    const lines = explain(keyValueModel, history, result, diagnose(keyValueModel, result))
    expect(lines[1]).toBe('The first 3 of 4 events cannot be explained; the first 2 can.')
    expect(lines[2]).toBe(
      'It fails in partition "early", where client 1 got "x" from "early" (line 2 to line 3).',
    )
  })

  test('an ok and an unknown verdict', () => {
    const fine = parseJepsen(jepsen('0 :invoke :read nil', '0 :ok :read nil'))
    expect(words(casRegisterModel, fine)).toEqual([
      'The operations can be put in an order that explains every answer.',
    ])
    expect(words(casRegisterModel, lostUpdate, { stepsMax: 1 })).toEqual([
      'The budget of steps was spent before an answer was found.',
    ])
    expect(words(casRegisterModel, lostUpdate, { memoryBytesMax: 1 })).toEqual([
      'The budget of memory was spent before an answer was found.',
    ])
    expect(words(casRegisterModel, fine, { shouldStop: () => true })).toEqual([
      'The operations can be put in an order that explains every answer.',
    ])
  })
})

describe('a diagnosis whose budget is spent', () => {
  test('says less, and nothing wrong', () => {
    const result = check(casRegisterModel, lostUpdate)
    const diagnosis = diagnose(casRegisterModel, result, { stepsMax: 0 })
    // The whole history is known to fail, and no less.
    expect(diagnosis).toMatchObject({
      eventCount: 8,
      isShortest: false,
      possibleStates: [],
      areAllPossibleStates: false,
      isConflictMinimal: false,
    })
    expect(diagnosis?.conflict).toHaveLength(4)
    const lines = explain(casRegisterModel, lostUpdate, result, diagnosis)
    expect(lines).toContain(
      'The first 8 of 8 events cannot be explained; ' +
        'perhaps fewer cannot either, but the budget was spent.',
    )
    expect(lines).toContain(
      'Some of these contradict each other, whatever the other operations did in their time:',
    )
    const stopped = diagnose(casRegisterModel, result, { shouldStop: () => true })
    expect(stopped?.isShortest).toBe(false)
  })
})

describe('the page', () => {
  test('needs nothing from elsewhere', () => {
    const html = page(casRegisterModel, lostUpdate)
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain(`default-src 'none'; style-src 'unsafe-inline'`)
    expect(html).not.toMatch(/<script|<link|<img|<iframe|src=|url\(|https?:|@import/)
    expect(html).toContain('prefers-color-scheme: dark')
  })

  test('has a row per client, those in conflict first', () => {
    const rows = [
      ...page(casRegisterModel, lostUpdate).matchAll(/<ol class="row"[^>]*aria-label="([^"]*)"/g),
    ]
    expect(rows.map(([, name]) => name)).toEqual(['client 1', 'client 2', 'client 0', 'client 3'])
  })

  test('shows the longest linearizable prefix with the state after each operation', () => {
    const html = page(casRegisterModel, lostUpdate)
    const states = [...html.matchAll(/<li class="state"[^>]*title="([^"]*)"/g)]
    expect(states.map(([, title]) => title)).toEqual(['at first: nil', 'after 1: 1', 'after 2: 2'])
    expect(html).toMatch(/<li class="bar placed conflict"[^>]*>1 → 2 ✓/)
    const rows = [...html.matchAll(/<tr><td>(\d)<\/td><td>([^<]*)<\/td><td>([^<]*)<\/td>/g)]
    expect(rows.map(([, ...cells]) => cells)).toEqual([
      ['1', 'client 0', 'wrote 1'],
      ['2', 'client 1', 'changed 1 to 2'],
    ])
  })

  test('shows the point of failure', () => {
    const html = page(casRegisterModel, lostUpdate)
    expect(html.match(/id="failure"/g)).toHaveLength(1)
    expect(html).toContain('<a href="#failure">')
    expect(html).toMatch(/<li class="bar left-out conflict failed"[^>]*>✗ 1 → 3 ✓/)
    expect(html).toMatch(/<tr class="failed"><td>✗<\/td><td>client 2<\/td>/)
    for (const line of words(casRegisterModel, lostUpdate)) expect(html).toContain(line.trim())
  })

  test('puts every operation where its events are', () => {
    const html = page(casRegisterModel, lostUpdate)
    const bars = [
      ...html.matchAll(
        /<li class="bar[^>]*left:([\d.]+)px;top:[\d.]+px;width:([\d.]+)px" title="client (\d)/g,
      ),
    ]
    const ends = new Map(
      bars.map(([, left, width, client]) => [client, [Number(left), Number(left) + Number(width)]]),
    )
    const [callOf1, returnOf1] = ends.get('1') ?? []
    const [callOf2, returnOf2] = ends.get('2') ?? []
    expect(ends.get('0')?.[1]).toBeLessThan(callOf1 as number)
    expect(callOf1).toBeLessThan(callOf2 as number)
    expect(callOf2).toBeLessThan(returnOf1 as number)
    expect(returnOf1).toBeLessThan(returnOf2 as number)
    expect(returnOf2).toBeLessThan(ends.get('3')?.[0] as number)
    const dots = [...html.matchAll(/class="dot"[^>]*left:([\d.]+)px[^>]*>(\d+)</g)]
    const second = Number(dots.find(([, , number]) => number === '2')?.[1])
    expect(second).toBeGreaterThan(callOf1 as number)
    expect(second).toBeLessThan(returnOf1 as number)
    const line = /class="failure"[^>]*left:([\d.]+)px/.exec(html)?.[1]
    expect(Number(line)).toBeCloseTo(returnOf2 as number, 0)
  })

  test('escapes what comes from the history', () => {
    const history = parseKvLines(get(0, 'invoke', '<i>', 'nil') + get(0, 'ok', '<i>', '"<s>&\\""'))
    const html = page(keyValueModel, history)
    expect(html).toContain('<h1>a &#60;b&#62; &#38; c</h1>')
    expect(html).not.toContain('<i>')
    expect(html).not.toContain('<s>')
    expect(html).toContain('Partition &#34;&#60;i&#62;&#34;: illegal')
  })

  test('shows an ok history too, and an unknown one', () => {
    const fine = parseJepsen(
      jepsen('0 :invoke :write 1', '1 :invoke :write 2', '0 :ok :write 1', '2 :invoke :read nil'),
    )
    const html = page(casRegisterModel, fine)
    expect(html).toContain('<span class="verdict ok">ok</span>')
    expect(html).not.toContain('id="failure"')
    expect(html).toMatch(/<li class="bar placed"[^>]*>write 1/)
    expect(html).toMatch(/<li class="bar left-out unanswered"[^>]*>write 2/)
    const unknown = page(casRegisterModel, lostUpdate, { stepsMax: 2 })
    expect(unknown).toContain('<span class="verdict unknown">unknown</span>')
    expect(unknown).not.toContain('id="failure"')
  })

  test('gives operations of one client that overlap lanes of their own', () => {
    const history = parseJepsen(
      jepsen(
        '0 :invoke :write 1',
        '0 :info :write :timed-out',
        '0 :invoke :write 2',
        '0 :ok :write 2',
      ),
    )
    const tops = [...page(casRegisterModel, history).matchAll(/<li class="bar[^>]*top:([\d.]+)px/g)]
    expect(new Set(tops.map(([, top]) => top)).size).toBe(2)
  })

  test('of a long history draws what is around the failure', () => {
    const builder = new HistoryBuilder<KeyValueInput, KeyValueOutput>()
    for (let i = 0; i < 1000; i++) {
      const id = builder.call('a', { kind: 'put', key: 'k', value: `value ${i}` })
      builder.return(id, { kind: 'done' })
    }
    const id = builder.call('b', { kind: 'get', key: 'k' })
    builder.return(id, { kind: 'value', value: 'value 3' })
    const html = page(keyValueModel, builder.build())
    expect(html.match(/<li class="bar/g)?.length).toBeLessThan(401)
    expect(html).toContain('operations further away are not drawn')
    expect(html).toMatch(/<li class="bar left-out conflict failed"/)
    expect(html).toContain('title="after 1000: &#34;value 999&#34;"')
  })

  test('of many partitions draws some', () => {
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    const history = parseKvLines(
      keys.map((key) => get(0, 'invoke', key, 'nil') + get(0, 'ok', key, '""')).join(''),
    )
    const html = page(keyValueModel, history)
    expect(html.match(/class="timeline"/g)).toHaveLength(partitionsDrawnMax)
    expect(html).toContain('10 more partitions are not drawn.')
  })
})
