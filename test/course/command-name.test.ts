/** What a client may send, and how long it may be (C18, C9). */
import { describe, expect, test } from 'vitest'
import { commandBytesMaxFor, commandNameProblem } from '../../src/course/index.ts'

describe('a command (C18)', () => {
  test.each(['a', 'Insert-7_x', '0', '-', '_', 'x'.repeat(100)])('%s is one', (line) => {
    expect(commandNameProblem(line, 100)).toBeNull()
  })

  const rule = 'a command has letters, digits, - and _ only'
  test.each([
    ['', 'a command is not empty'],
    ['a b', `a blank at character 2: ${rule}`],
    ['\ta', `a tab at character 1: ${rule}`],
    ['a\r', `U+000D at character 2: ${rule}`],
    ['select,', `, at character 7: ${rule}`],
    ['größe', `ö at character 3: ${rule}`],
    ['x😀', `😀 at character 2: ${rule}`],
    ['\u0000', `U+0000 at character 1: ${rule}`],
    ['x'.repeat(101), 'a command of 101 bytes is too long for one datagram: 100 bytes at most'],
  ])('%j is none', (line, problem) => {
    expect(commandNameProblem(line, 100)).toBe(problem)
  })

  test('how long it may be follows from the datagram and the longest name of a server', () => {
    const short = commandBytesMaxFor(1372, ['a:1', 'b:2'])
    expect(short).toBeGreaterThan(1200)
    expect(commandBytesMaxFor(1372, ['a:1', 'a-longer-name:2'])).toBe(short - 12)
    expect(commandBytesMaxFor(65_507, ['a:1'])).toBeGreaterThan(65_300)
    const longest = `${'h'.repeat(253)}:65535`
    expect(commandBytesMaxFor(512, [longest])).toBeGreaterThan(100)
  })
})
