/** The router alone: steps, order, and a log that is full for now. */
import { describe, expect, test } from 'vitest'
import { CommandRouter } from '../../src/course/command-router.ts'
import { courseCounters } from '../../src/course/counters.ts'
import type { Answer, ProposalId, ServerId } from '../../src/raft/index.ts'

/** A router whose core and network do nothing but remember. */
class Bench {
  leaderId: ServerId | null = null
  now = 0
  readonly proposed: string[] = []
  readonly sent: string[] = []
  readonly counters = courseCounters()
  readonly #unanswered: ProposalId[] = []
  #alarm: { readonly deadline: number; readonly wake: () => void } | null = null
  #lastId = 0
  readonly router = new CommandRouter({
    id: 'me:1',
    leaderId: () => this.leaderId,
    nextId: () => {
      this.#lastId += 1
      return this.#lastId
    },
    propose: (proposalId, command) => {
      this.proposed.push(text(command))
      this.#unanswered.push(proposalId)
    },
    send: (to, { command }) => this.sent.push(`${to} ${text(command)}`),
    commandBytesMax: 100,
    pacer: {
      now: () => this.now,
      wakeAt: (deadline, wake) => {
        this.#alarm = { deadline, wake }
      },
      soon: () => {},
      cancel: () => {
        this.#alarm = null
      },
    },
    counters: this.counters,
    warn: () => {},
  })

  route(...commands: string[]): void {
    for (const command of commands) {
      this.router.route({ command: new TextEncoder().encode(command), hops: 0 }, null)
    }
  }

  answer(kind: 'accepted' | 'overloaded'): void {
    for (const proposalId of this.#unanswered.splice(0)) {
      const answer: Answer =
        kind === 'accepted'
          ? { kind, proposalId, index: 1, term: 1 }
          : { kind: 'refused', proposalId, refusal: kind, leaderId: 'me:1' }
      this.router.answered(answer)
    }
  }

  /** The time of the alarm comes; false where there is none. */
  wake(): boolean {
    if (this.#alarm === null) return false
    const { deadline, wake } = this.#alarm
    this.now = deadline
    this.#alarm = null
    wake()
    return true
  }
}

function text(command: Uint8Array): string {
  return new TextDecoder().decode(command)
}

describe('a leader whose log is full for now', () => {
  test('keeps commands in their order, and proposes them when something is committed', () => {
    const bench = new Bench()
    bench.leaderId = 'me:1'
    bench.route('a', 'b')
    bench.answer('overloaded')
    bench.route('c')
    expect(bench.proposed).toEqual(['a', 'b'])
    expect(bench.router.waiting).toBe(3)
    bench.router.flush()
    expect(bench.proposed.slice(2)).toEqual(['a', 'b', 'c'])
    bench.answer('accepted')
    expect(bench.router.waiting).toBe(0)
    expect(bench.counters.commandsAppended).toBe(3)
  })

  test('stops in the middle of its buffer, until there is room again', () => {
    const bench = new Bench()
    bench.route(...Array.from({ length: 300 }, (_, i) => `c${i}`))
    bench.leaderId = 'me:1'
    bench.router.flush()
    expect(bench.proposed).toHaveLength(256)
    bench.answer('overloaded')
    bench.route('late')
    bench.wake()
    expect(bench.proposed).toHaveLength(256)
    expect(bench.wake()).toBe(false)
    bench.router.flush()
    bench.answer('accepted')
    while (bench.wake()) bench.answer('accepted')
    expect(new Set(bench.proposed).size).toBe(301)
    expect(bench.router.waiting).toBe(0)
  })
})

test('a new leader takes what has gathered into its log turn by turn, without a rest', () => {
  const bench = new Bench()
  const gathered = Array.from({ length: 600 }, (_, i) => `c${i}`)
  bench.route(...gathered)
  bench.leaderId = 'me:1'
  bench.router.flush()
  while (bench.wake()) bench.answer('accepted')
  expect(bench.proposed).toEqual(gathered)
  expect(bench.now).toBe(0)
})

test('while a buffer is emptied, one goes for each that comes: any load lets it end', () => {
  const bench = new Bench()
  bench.route(...Array.from({ length: 100 }, (_, i) => `c${i}`))
  bench.leaderId = 'other:2'
  bench.router.flush()
  const before = bench.router.waiting
  for (let i = 0; i < 1000; i++) bench.route(`late${i}`)
  expect(bench.router.waiting).toBe(before)
  while (bench.wake());
  expect([bench.router.waiting, bench.sent.length]).toEqual([0, 1100])
  expect(bench.sent.slice(99, 102).join()).toBe('other:2 c99,other:2 late0,other:2 late1')
})

test('what has gathered is passed on in steps, and what comes meanwhile after it', () => {
  const bench = new Bench()
  const gathered = Array.from({ length: 70 }, (_, i) => `c${i}`)
  bench.route(...gathered)
  expect(bench.sent).toEqual([])
  bench.leaderId = 'other:2'
  bench.router.flush()
  expect(bench.sent).toHaveLength(32)
  bench.route('late')
  bench.router.flush()
  expect(bench.sent).toHaveLength(33)
  bench.wake()
  expect([bench.sent.length, bench.now]).toEqual([65, 2])
  bench.wake()
  expect(bench.sent).toEqual([...gathered, 'late'].map((command) => `other:2 ${command}`))
  expect(bench.wake()).toBe(false)
})

test('a leader that is lost while the buffer is emptied leaves the rest in it', () => {
  const bench = new Bench()
  bench.route(...Array.from({ length: 40 }, (_, i) => `c${i}`))
  bench.leaderId = 'other:2'
  bench.router.flush()
  bench.leaderId = null
  bench.wake()
  expect([bench.sent.length, bench.router.waiting, bench.wake()]).toEqual([32, 8, false])
  bench.leaderId = 'third:3'
  bench.router.flush()
  expect(bench.sent[32]).toBe('third:3 c32')
})
