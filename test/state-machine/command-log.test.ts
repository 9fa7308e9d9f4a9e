/** The course's state machine: one line a command, `term,index,command`, and a line is a line. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import { Applier, CommandLog, entryLine, SessionMachine } from '../../src/state-machine/index.ts'

function applierTo(lines: string[]): Applier {
  return new Applier(new SessionMachine(new CommandLog({ line: (text) => lines.push(text) })))
}

function linesOf(...commands: Uint8Array[]): string[] {
  const lines: string[] = []
  const applier = applierTo(lines)
  for (const [i, command] of commands.entries()) applier.apply(entry(i + 1, 7, 'command', command))
  return lines
}

describe('a command log', () => {
  test('has a line for each command, in order, repetitions included', () => {
    const [x, y] = [utf8Encode('x'), utf8Encode('set-y_2')]
    expect(linesOf(x, y, x)).toEqual(['7,1,x', '7,2,set-y_2', '7,3,x'])
  })

  test('has no line for a no-op', () => {
    const lines: string[] = []
    const applier = applierTo(lines)
    applier.apply(entry(1, 1, 'noop', new Uint8Array(0)))
    applier.apply(entry(2, 1, 'command', utf8Encode('x')))
    expect(lines).toEqual(['1,2,x'])
  })

  test('escapes what would break a line, so that it can be told from what was typed', () => {
    expect(linesOf(utf8Encode('a\nb\r\\n'))).toEqual(['7,1,a\\nb\\r\\\\n'])
  })

  test('writes bytes that are no text as hexadecimal', () => {
    expect(linesOf(Uint8Array.from([0xff, 0x00, 0x0a]))).toEqual(['7,1,\\xff000a'])
  })

  test('any bytes make one line, and different bytes different lines', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
        const [line] = linesOf(a) as [string]
        expect(line).not.toMatch(/[\r\n]/)
        const [other] = linesOf(b) as [string]
        expect(line === other).toBe(Buffer.compare(a, b) === 0)
      }),
      { numRuns: 1000 },
    )
  })
})

test('an entry is written alike: term, index, command; nothing for a no-op', () => {
  expect(entryLine(entry(4, 2, 'command', utf8Encode('x')))).toBe('2,4,x')
  expect(entryLine(entry(5, 3, 'noop', new Uint8Array(0)))).toBe('3,5,')
})
