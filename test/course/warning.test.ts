/** How often warnings of one kind are said. */
import { expect, test } from 'vitest'
import { WarningFilter } from '../../src/course/index.ts'

test('of each kind three a second are said, and then how many were not', () => {
  let now = 0
  const said: string[] = []
  const { warn } = new WarningFilter(
    () => now,
    (text) => said.push(text),
  )
  for (let i = 1; i <= 10; i++) warn('bufferFull', `full ${i}`)
  warn('hops', 'too far')
  expect(said).toEqual(['full 1', 'full 2', 'full 3', 'too far'])
  now = 999
  warn('bufferFull', 'full 11')
  now = 1000
  warn('bufferFull', 'full 12')
  warn('bufferFull', 'full 13')
  expect(said.slice(4)).toEqual(['full 12 (and 8 more like it before)', 'full 13'])
})

test('a server that stands for election again and again says so less and less often', () => {
  let now = 0
  const said: string[] = []
  const { warn } = new WarningFilter(
    () => now,
    (text) => said.push(text),
  )
  for (; now < 20_000; now += 250) warn('candidacy', `at ${now}`)
  expect(said).toEqual([
    'at 0',
    'at 250',
    'at 500',
    'at 10000 (and 37 more like it before)',
    'at 10250',
    'at 10500',
  ])
})
