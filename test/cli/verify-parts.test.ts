/** The parts of a verification that need no servers: plan, comparison, agreement, report. */
import { describe, expect, test } from 'vitest'
import { accountFor } from '../../src/cli/verify/account.ts'
import { agree } from '../../src/cli/verify/agreement.ts'
import {
  commonLength,
  compareLogs,
  type Difference,
  quoted,
} from '../../src/cli/verify/comparison.ts'
import { type OutageTarget, runOutages } from '../../src/cli/verify/outages.ts'
import { minorityOf, type Outage, planFor } from '../../src/cli/verify/plan.ts'
import { problemsIn } from '../../src/cli/verify/verdict.ts'

const size = { seed: '7', servers: 5, clients: 4, commands: 1003 }

describe('the plan', () => {
  test('follows from the seed', () => {
    const { clients } = planFor(size)
    expect(planFor(size).clients).toEqual(clients)
    expect(planFor({ ...size, seed: '8' }).clients).not.toEqual(clients)
    const firstOutages = (seed: string): Outage[] => take(20, planFor({ ...size, seed }).outages)
    expect(firstOutages('7')).toEqual(firstOutages('7'))
    expect(firstOutages('7')).not.toEqual(firstOutages('8'))
  })

  test('gives every client its share, for servers of the list', () => {
    const { clients } = planFor(size)
    const shares = clients.map((sittings) =>
      sittings.reduce((sum, { commands }) => sum + commands.length, 0),
    )
    expect(shares).toEqual([250, 251, 251, 251])
    const servers = new Set(clients.flat().map(({ server }) => server))
    expect([...servers].sort()).toEqual([0, 1, 2, 3, 4])
  })

  test('has commands that are valid, none of which ends a client, most of them repeated', () => {
    const { clients, uniqueCommands } = planFor({ ...size, commands: 5000 })
    const names = clients.flat().flatMap(({ commands }) => commands)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(names).not.toContain('exit')
    const occurrences = new Map<string, number>()
    for (const name of names) occurrences.set(name, (occurrences.get(name) ?? 0) + 1)
    const once = [...occurrences.values()].filter((count) => count === 1)
    expect(once).toHaveLength(uniqueCommands)
    expect(uniqueCommands).toBeGreaterThan(1000)
    expect(uniqueCommands).toBeLessThan(1500)
  })

  test('has as many clients as asked for even where there is less to do', () => {
    const { clients } = planFor({ ...size, clients: 5, commands: 2 })
    expect(clients.map((sittings) => sittings.length).sort()).toEqual([0, 0, 0, 1, 1])
  })

  test('a minority leaves a majority', () => {
    const minorities = [3, 4, 5, 6, 7, 8, 9, 10].map(minorityOf)
    expect(minorities).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
  })
})

function take<T>(count: number, items: Iterable<T>): T[] {
  const taken: T[] = []
  for (const item of items) {
    taken.push(item)
    if (taken.length === count) break
  }
  return taken
}

describe('the comparison', () => {
  const text = '1,2,a\n1,3,b\n3,5,a\n'
  const three = (changed: string) => [
    { server: 's1', text },
    { server: 's2', text: changed },
    { server: 's3', text },
  ]

  test('equal files have one digest and no difference', () => {
    const { summaries, difference, faults, commands } = compareLogs(three(text))
    expect(difference).toBeNull()
    expect(faults).toEqual([])
    expect(commands).toEqual(['a', 'b', 'a'])
    expect(new Set(summaries.map(({ digest }) => digest)).size).toBe(1)
    expect(summaries[0]).toMatchObject({ server: 's1', lines: 3, firstIndex: 2, lastIndex: 5 })
  })

  test('a changed line is found', () => {
    const { difference, summaries } = compareLogs(three('1,2,a\n1,3,B\n3,5,a\n'))
    expect(difference?.line).toBe(2)
    expect(difference?.found).toEqual([
      { server: 's1', text: '1,3,b' },
      { server: 's2', text: '1,3,B' },
      { server: 's3', text: '1,3,b' },
    ])
    expect(new Set(summaries.map(({ digest }) => digest)).size).toBe(2)
  })

  test('a file that ends before the others is found', () => {
    const { difference } = compareLogs(three('1,2,a\n1,3,b\n'))
    expect(difference?.line).toBe(3)
    expect(difference?.found[1]).toEqual({ server: 's2', text: null })
  })

  test('a difference far inside a long line is shown all the same', () => {
    const long = (letter: string): string => `1,2,${'a'.repeat(200)}${letter}${'z'.repeat(200)}`
    const files = ['b', 'c'].map((letter) => ({ server: letter, text: `${long(letter)}\n` }))
    const difference = compareLogs(files).difference as Difference
    expect(commonLength(difference)).toBe(204)
    const around = (letter: string): string => `..."${'a'.repeat(40)}${letter}${'z'.repeat(39)}"...`
    expect(quoted(long('b'), 204)).toBe(around('b'))
    expect(quoted(long('c'), 204)).toBe(around('c'))
    expect(quoted(long('c'))).toBe(`"1,2,${'a'.repeat(76)}"...`)
    expect(quoted('1,2,short', 8)).toBe('"1,2,short"')
  })

  test('a missing file differs from one that is not', () => {
    expect(compareLogs(three('')).difference?.line).toBe(1)
    expect(compareLogs([{ server: 's1', text: '' }]).difference).toBeNull()
  })

  test.each([
    ['1,2,a\n1,2,b\n', 'line 2 repeats index 2'],
    ['1,2,a\n1,1,b\n', 'line 2 goes back from index 2 to 1'],
    ['2,2,a\n1,3,b\n', 'line 2 goes back from term 2 to 1'],
    ['1,2,a\n1,3\n', 'line 2 is not term,index,command: "1,3"'],
    ['1,2,\n', 'line 1 is not term,index,command: "1,2,"'],
    ['1,2,a\n\n1,3,b\n', 'line 2 is not term,index,command: ""'],
    ['0,2,a\n', 'line 1 is not term,index,command: "0,2,a"'],
    ['1,2,a\n1,3,b', 'the last line has no end'],
  ])('a file that no server may write is named: %j', (bad, fault) => {
    const equalAndBad = ['s1', 's2'].map((server) => ({ server, text: bad }))
    const { difference, faults } = compareLogs(equalAndBad)
    expect(difference).toBeNull()
    expect(faults).toEqual([`s1: ${fault}`, `s2: ${fault}`])
  })
})

describe('the account', () => {
  test('counts by name what was lost, invented and repeated', () => {
    expect(accountFor(['a', 'a', 'b', 'c'], ['b', 'a', 'b', 'd'])).toEqual({
      sent: 4,
      committed: 2,
      committedPercent: 50,
      invented: ['d'],
      repeated: ['b'],
    })
  })
})

describe('the verdict', () => {
  const verdict = (texts: readonly string[], sent: readonly string[], least = 95): string[] => {
    const comparison = compareLogs(texts.map((text, i) => ({ server: `s${i + 1}`, text })))
    return problemsIn(comparison, accountFor(sent, comparison.commands), least)
  }

  test('finds nothing where files are equal and hold what was sent', () => {
    expect(verdict(['1,2,a\n', '1,2,a\n'], ['a'])).toEqual([])
  })

  test.each([
    [['1,2,a\n', '1,2,b\n'], ['a'], ['the log files differ at line 1']],
    [['1,2,z\n', '1,2,z\n'], ['z', 'z'], ['50.0 % of the commands are committed, less than 95 %']],
    [['', ''], ['a'], ['0.0 % of the commands are committed, less than 95 %']],
    [['1,2,a\n1,3,z\n'], ['a'], ['committed, and sent by nobody: z']],
    [['1,2,a\n1,2,a\n'], ['a', 'a'], ['s1: line 2 repeats index 2']],
  ])('counts against a run what is wrong: %j, sent %j', (texts, sent, problems) => {
    expect(verdict(texts, sent)).toEqual(problems)
  })

  test('asks for no more than it was told to', () => {
    expect(verdict(['1,2,a\n', '1,2,a\n'], ['a', 'b'], 50)).toEqual([])
  })
})

describe('agreement', () => {
  const print = (state: string, commitIndex: number, lastApplied = commitIndex): string[] => [
    'server: 127.0.0.1:2000',
    `state: ${state}`,
    `commitIndex: ${commitIndex}`,
    `lastApplied: ${lastApplied}`,
  ]

  test.each([
    [true, [print('leader', 9), print('follower', 9), print('follower', 9)]],
    [false, [print('leader', 9), print('follower', 8), print('follower', 9)]],
    [false, [print('leader', 9), print('follower', 9), print('failed', 9)]],
    [false, [print('candidate', 9), print('follower', 9), print('follower', 9)]],
    [false, [print('leader', 9), print('leader', 9), print('follower', 9)]],
    [false, [print('leader', 9), print('follower', 9, 8), print('follower', 9)]],
  ])('is one leader, all others following, one commitIndex: %j', (expected, prints) => {
    expect(agree(prints)).toBe(expected)
  })
})

/** Servers that take a moment to do as they are told, and count how many are down. */
class FakeServers implements OutageTarget {
  readonly size: number
  readonly problems: string[] = []
  readonly #up: Set<number>
  mostDown = 0
  takenDown = 0
  failsToStart = false

  constructor(size: number) {
    this.size = size
    this.#up = new Set(Array.from({ length: size }, (_, i) => i))
  }

  up(): number[] {
    return [...this.#up].sort()
  }

  leader(): number | null {
    return this.up()[0] ?? null
  }

  async suspend(server: number): Promise<void> {
    expect(this.#up.delete(server)).toBe(true)
    this.takenDown += 1
    this.mostDown = Math.max(this.mostDown, this.size - this.#up.size)
  }

  kill(server: number): Promise<void> {
    return this.suspend(server)
  }

  async resume(server: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    this.#up.add(server)
  }

  start(server: number): Promise<void> {
    if (this.failsToStart) return Promise.reject(new Error('it does not start'))
    return this.resume(server)
  }

  report(problem: string): void {
    this.problems.push(problem)
  }
}

describe('outages', () => {
  const never = new AbortController().signal

  function* hurried(count: number, over: AbortController): Generator<Outage> {
    for (let i = 0; i < count; i++) {
      const kind = i % 2 === 0 ? 'kill' : 'suspend'
      yield { kind, victim: i % 3 === 0 ? 'leader' : i % 5, afterMs: 0, downMs: 3 }
    }
    over.abort()
  }

  test('never take down more than a minority, and bring everyone back', async () => {
    const over = new AbortController()
    const servers = new FakeServers(5)
    const signals = { over: over.signal, interrupted: never }
    const counts = await runOutages(hurried(60, over), servers, signals)
    expect(servers.mostDown).toBe(2)
    expect(servers.takenDown).toBe(60)
    expect(counts).toEqual({ suspensions: 30, kills: 30 })
    expect(servers.up()).toEqual([0, 1, 2, 3, 4])
    expect(servers.problems).toEqual([])
  })

  test('a server that does not come back is reported, and counts as down', async () => {
    const over = new AbortController()
    const servers = new FakeServers(5)
    servers.failsToStart = true
    const signals = { over: over.signal, interrupted: never }
    function* kills(): Generator<Outage> {
      for (let i = 0; i < 2; i++) yield { kind: 'kill', victim: i, afterMs: 0, downMs: 0 }
      // A third one would take the majority with it: it is never begun.
      setTimeout(() => over.abort(), 100)
      yield { kind: 'kill', victim: 2, afterMs: 0, downMs: 0 }
    }
    await runOutages(kills(), servers, signals)
    expect(servers.problems).toEqual(['it does not start', 'it does not start'])
    expect(servers.up()).toEqual([2, 3, 4])
  })

  test('an interruption brings nothing back', async () => {
    const interrupted = new AbortController()
    const servers = new FakeServers(3)
    const outages = function* (): Generator<Outage> {
      yield { kind: 'kill', victim: 1, afterMs: 0, downMs: 60_000 }
      interrupted.abort()
      yield { kind: 'kill', victim: 2, afterMs: 60_000, downMs: 60_000 }
    }
    await runOutages(outages(), servers, { over: never, interrupted: interrupted.signal })
    expect(servers.up()).toEqual([0, 2])
  })
})
