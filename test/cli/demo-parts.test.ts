/** The parts of the demo that need no servers: what is typed, what is shown, where its data is. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { electionLine } from '../../src/cli/demo/elections.ts'
import { completions, parseInput } from '../../src/cli/demo/input.ts'
import { Pending } from '../../src/cli/demo/pending.ts'
import { logTableLines, statusLines } from '../../src/cli/demo/views.ts'
import { LogTail } from '../../src/cli/processes/log-tail.ts'
import { readRoleChange } from '../../src/cli/processes/role-line.ts'
import { noPaint } from '../../src/cli/table.ts'
import { Workplace } from './running.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

const bounds = { servers: 3, commandBytesMax: 100 }

describe('a line of input', () => {
  test.each([
    ['', { kind: 'nothing' }],
    ['alpha', { kind: 'send', command: 'alpha' }],
    ['  beta-1 ', { kind: 'send', command: 'beta-1' }],
    ['Status', { kind: 'send', command: 'Status' }],
    ['toString', { kind: 'send', command: 'toString' }],
    ['status', { kind: 'status' }],
    ['send status', { kind: 'send', command: 'status' }],
    ['send send', { kind: 'send', command: 'send' }],
    ['print', { kind: 'print', server: null }],
    ['print 2', { kind: 'print', server: 2 }],
    ['log  3', { kind: 'log', server: 3 }],
    ['kill 1', { kind: 'kill', server: 1 }],
    ['start 2', { kind: 'start', server: 2 }],
    ['suspend 3', { kind: 'suspend', server: 3 }],
    ['resume 3', { kind: 'resume', server: 3 }],
    ['help', { kind: 'help' }],
    ['exit', { kind: 'exit' }],
  ])('%j means something', (line, meaning) => {
    expect(parseInput(line, bounds)).toEqual(meaning)
  })

  test.each([
    ['kill', 'kill needs a server, 1, 2 or 3 (to send a command of that name: send kill)'],
    ['kill 4', 'there is no server 4: 1, 2 or 3'],
    ['kill 0', 'there is no server 0: 1, 2 or 3'],
    ['kill two', 'there is no server two: 1, 2 or 3'],
    ['kill 1 2', 'kill takes one server'],
    ['print 1 2', 'print takes one server'],
    ['status 1', 'status takes nothing after it'],
    ['send', 'send needs the command to send: send NAME'],
    ['two words', 'a blank at character 4: a command has letters, digits, - and _ only'],
    ['send two words', 'a blank at character 4: a command has letters, digits, - and _ only'],
    ['naïve', 'ï at character 3: a command has letters, digits, - and _ only'],
    ['x'.repeat(101), 'a command of 101 bytes is too long for one datagram: 100 bytes at most'],
  ])('%j is refused with a reason', (line, problem) => {
    expect(parseInput(line, bounds)).toEqual({ kind: 'wrong', problem })
  })

  test('is completed to our words, with a server where they need one', () => {
    const all = completions(2)
    expect(all.filter((line) => line.startsWith('s'))).toEqual([
      ...['suspend 1', 'suspend 2', 'start 1', 'start 2', 'status', 'send'],
    ])
    expect(all.filter((line) => line.startsWith('log'))).toEqual(['log', 'log 1', 'log 2'])
    for (const line of all) {
      if (line !== 'send') expect(parseInput(line, bounds).kind).toBe(line.split(' ')[0])
    }
  })
})

describe('elections', () => {
  test.each([
    ['becomes leader in term 3: votes of 127.0.0.1:1, 127.0.0.1:2', { role: 'leader', term: 3 }],
    ['becomes candidate in term 4: its election timer ran out', { role: 'candidate', term: 4 }],
    ['becomes follower of nobody yet in term 5: x is in term 6', { role: 'follower', term: 5 }],
    ['becomes follower of 127.0.0.1:1 in term 5: heard of it', { role: 'follower', term: 5 }],
    ['listening on 127.0.0.1:1, in term 5', null],
    ['it becomes leader in term 3', null],
  ])('are told from what servers say: %j', (line, change) => {
    expect(readRoleChange(line)).toEqual(change)
  })

  test('are told in one line each, without those who merely follow', () => {
    const leader = { role: 'leader', term: 3 } as const
    const follower = { role: 'follower', term: 4 } as const
    expect(electionLine(2, follower, leader)).toBe('server 2 became leader in term 3')
    expect(electionLine(2, leader, follower)).toBe(
      'server 2 stepped down: it is a follower in term 4',
    )
    expect(electionLine(2, follower, follower)).toBeNull()
    expect(electionLine(2, null, follower)).toBeNull()
  })
})

describe('a log file that grows', () => {
  test('is read line by line, whole lines only', () => {
    const path = join(workplace.folder, 'a.log')
    const tail = new LogTail(path)
    expect(tail.read()).toEqual([])
    writeFileSync(path, '1,2,a\n1,3,')
    expect(tail.read()).toEqual(['1,2,a'])
    expect(tail.lastLine).toBe('1,2,a')
    appendFileSync(path, 'b\n')
    expect(tail.read()).toEqual(['1,3,b'])
    expect(tail.read()).toEqual([])
    expect(tail.lines).toBe(2)
    expect(tail.lastLine).toBe('1,3,b')
  })

  test('may be longer than what is read at once', () => {
    const path = join(workplace.folder, 'a.log')
    const lines = Array.from({ length: 20_000 }, (_, i) => `1,${i + 1},command`)
    writeFileSync(path, `${lines.join('\n')}\n`)
    expect(new LogTail(path).read()).toEqual(lines)
  })
})

describe('commands that are not committed yet', () => {
  test('are settled by name, the older first, and given up after a time', () => {
    const pending = new Pending()
    pending.add('a', 1000)
    pending.add('a', 2000)
    pending.add('b', 3000)
    expect(pending.settle('c')).toBe(false)
    expect(pending.settle('a')).toBe(true)
    expect(pending.expire(6000, 5000)).toEqual([])
    expect(pending.expire(7000, 5000)).toEqual([{ command: 'a', sentAt: 2000 }])
    expect(pending.size).toBe(1)
  })
})

describe('what is shown', () => {
  test('status: what servers say of themselves, or what was done to them', () => {
    const print = ['server: h:1', 'state: leader', 'currentTerm: 2', 'commitIndex: 4']
    const views = [
      { server: 1, id: 'h:1', condition: 'up', print, lastLine: '2,4,beta' },
      { server: 2, id: 'h:2', condition: 'killed', print: null, lastLine: null },
    ] as const
    expect(statusLines(views, noPaint)).toEqual([
      'server  address  state   term  commitIndex  last line',
      '     1  h:1      leader     2            4  2,4,beta',
      '     2  h:2      killed     -            -  -',
    ])
  })

  test('log: the logs side by side, the last rows only', () => {
    const views = [
      { server: 1, lines: ['1,1,', '1,2,a', '3,3,b'] },
      { server: 2, lines: ['1,1,', '1,2,a', '2,3,c'] },
      { server: 3, lines: ['1,1,'] },
    ]
    expect(logTableLines(views, noPaint)).toEqual([
      'index  server 1   server 2   server 3',
      '    1  1 (no-op)  1 (no-op)  1 (no-op)',
      '    2  1 a        1 a        -',
      '    3  3 b        2 c        -',
    ])
    const long = Array.from({ length: 50 }, (_, i) => `1,${i + 1},x`)
    const lines = logTableLines([{ server: 1, lines: long }], noPaint)
    expect(lines[0]).toBe('(entries 1 to 30 are not shown; see log N)')
    expect(lines).toHaveLength(22)
    expect(lines[21]).toBe('   50  1 x')
  })
})
