/** What is no scenario is refused with its file and line; what is one is read as it is meant. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseScenario, ScenarioError } from '../../../src/sim/scenario/index.ts'
import { formatTerms, parseTerms } from '../../../src/sim/scenario/terms.ts'
import { Words } from '../../../src/sim/scenario/words.ts'

/** The problem of a text whose third line is `line`. */
function problemOf(line: string): string {
  try {
    parseScenario(`# A play.\nservers 1 2 3\n${line}\n----\n`, 'plays/bad.txt')
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    expect(error).toMatchObject({ code: 'SYNTAX', file: 'plays/bad.txt', line: 3 })
    expect(error.message).toBe(`plays/bad.txt:3: ${error.problem}`)
    return error.problem
  }
  return 'none'
}

describe('a line that is no command names its place and its problem', () => {
  test.each([
    ['dance', 'there is no command "dance"'],
    ['timeout', 'a server is missing'],
    ['timeout 4', 'there is no server 4: the servers are 1, 2, 3'],
    ['timeout 1 2', 'the end of the command is expected, but there is "2"'],
    ['servers 4 5', 'the servers are named once'],
    ['propose 1 x', 'a command in quotes is expected, but there is "x"'],
    ['propose 1 "x', 'a quotation mark has no partner'],
    ['read 1 x', 'a read\'s name in quotes is expected, but there is "x"'],
    ['read 1 "x" under lease', '"a" is expected, but there is "lease"'],
    ['propose 1 "x" 0 times', 'a command is proposed 1 to 10000 times'],
    ['deliver 1→1', 'no server writes to itself: 1→1'],
    ['deliver 1→9', 'there is no server 9: the servers are 1, 2, 3'],
    ['deliver 1→2 #0', 'the end of the command is expected, but there is "#0"'],
    ['deliver 2 turns', '"rounds" is expected, but there is "turns"'],
    ['release 1→2 #1', 'links are released, or messages by their names'],
    ['cut 1', 'links are named as 1→2, 1↔2, from 1 or to 2'],
    ['partition 1 2 | 2 3', 'a server is on one side of a partition'],
    ['disk 1 sleeps', 'a disk saves, holds, fails, full, has space'],
    ['crash 1 keeping some', 'a number of saves is a whole number, not "some"'],
    ['wait 1 40', 'how long is written as 40ms, not "40"'],
    ['snapshot', 'a server is missing'],
    ['expect snapshot some at 1', 'an index is a whole number, not "some"'],
    ['expect log 1,1 after all at 1', 'an index is a whole number, not "all"'],
    ['log 1 x', '"=" is expected, but there is "x"'],
    ['log 1 = 2,1', 'terms in a log never decrease, and start at 1: 2,1'],
    ['log 1 = 0', 'terms in a log never decrease, and start at 1: 1,0'],
    ['log 1 = 1x1000000', '"1x1000000" has between 1 and 100000 entries'],
    ['options patience=3', 'there is no option "patience" with a number'],
    ['options preVote=maybe', '"off" is expected, but there is "maybe"'],
    ['options verify=1', 'there is no option "verify" with a number'],
    ['forge 1→2 Hello term=1', 'there is no message "Hello"'],
    ['forge 1→2 RequestVoteRequest term=1', 'the message lacks last'],
    ['forge 1→2 RequestVoteResponse term=1 granted of=2', '"of=2" is no field of this message'],
    ['expect happiness', 'nobody knows how to expect "happiness"'],
    ['expect at best 3 rounds', '"at most" or "at least" is expected'],
    ['expect at most 3 messages 1→2 #1', 'rounds or messages are counted'],
  ])('%s', (line, problem) => {
    expect(problemOf(line)).toBe(problem)
  })

  test('also where it is one of several on the line', () => {
    expect(problemOf('deliver; timeout 1; dance')).toBe('there is no command "dance"')
    expect(problemOf('propose 1 "a; b and c" and dance')).toBe('there is no command "dance"')
  })

  test('and before there are servers', () => {
    expect(() => parseScenario('timeout 1\n----\n', 'x')).toThrow(
      'x:1: name the servers before "timeout"',
    )
  })
})

describe('what is written in several ways is read alike', () => {
  const commandsOf = (line: string) =>
    parseScenario(`servers 1 2 3\n${line}\n`).blocks[0]?.steps.slice(1)

  test.each([
    ['deliver 1->2', 'deliver 1→2'],
    ['cut 1<->2', 'cut 1↔2'],
    ['deliver from 1 to 2 #1', 'deliver 1→2 #1'],
    ['deliver message 1→2 #1', 'deliver 1→2 #1'],
    ['disk 1 2 3 holds', 'disk all holds'],
    ['log 1 = 1,1,1,2,3,4', 'log 1 = 1x3,2..4'],
    ['  heal ;timeout 1;', 'heal; timeout 1'],
  ])('%s is %s', (one, other) => {
    expect(commandsOf(one)).toEqual(commandsOf(other))
  })
})

test('a separator in quotes separates nothing', () => {
  const { blocks } = parseScenario('servers 1\npropose 1 "a; b and \\"c\\" # d" and wake 1\n')
  expect(blocks[0]?.steps[1]?.commands).toMatchObject([
    { kind: 'propose', commands: ['a; b and "c" # d'] },
    { kind: 'wake' },
  ])
})

test('terms are read as they are written', () => {
  const log = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }).map((steps) => {
    let term = 1
    return steps.map((step) => (term += step))
  })
  fc.assert(
    fc.property(log, (terms) => {
      expect(parseTerms(new Words(formatTerms(terms), new Set()))).toEqual(terms)
    }),
  )
})
