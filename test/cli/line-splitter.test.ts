/** Lines from text that comes in pieces. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from '../../src/cli/line-splitter.ts'

function split(splitter: LineSplitter, bytes: Uint8Array, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const lines: string[] = []
  let from = 0
  for (const to of [...places, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(from, to)))
    from = to
  }
  return [...lines, ...splitter.end()]
}

test('lines are the same however the text is cut, with LF or CRLF or no end', () => {
  const line = fc.array(fc.constantFrom('a', 'ö', '😀', ' ', '-')).map((parts) => parts.join(''))
  const end = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, end), { minLength: 1 }),
      line,
      fc.array(fc.nat(1000)),
      (whole, last, cuts) => {
        const text = whole.map((parts) => parts.join('')).join('') + last
        const lines = split(new LineSplitter(), new TextEncoder().encode(text), cuts)
        expect(lines).toEqual([...whole.map(([one]) => one), ...(last === '' ? [] : [last])])
      },
    ),
  )
})

test('a line that is too long is cut, marked, and does not swallow the next', () => {
  const bytes = new TextEncoder().encode(`${'x'.repeat(11)}\n${'y'.repeat(10)}\nz`)
  for (const cuts of [[], [3, 7, 12], [10], [11]]) {
    expect(split(new LineSplitter(10), bytes, cuts)).toEqual([
      `${'x'.repeat(10)}…`,
      'yyyyyyyyyy',
      'z',
    ])
  }
})
