/** §6.3: what clients may count on, whatever they send, and however often. */
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import {
  Applier,
  defaultSessionRules,
  encodeSessionCommand,
  type Outcome,
  SessionMachine,
  sequenceWindowMax,
} from '../../src/state-machine/index.ts'
import { Client, RecordingMachine, SessionLog } from './recording-machine.ts'

const minute = 60_000

function textOf(outcome: Outcome): string {
  return outcome.kind === 'applied' ? (utf8Decode(outcome.response) as string) : outcome.kind
}

describe('a session', () => {
  test('is named by the index of the entry that registered it', () => {
    const log = new SessionLog()
    expect(new Client(log).clientId).toBe(1)
    expect(new Client(log).clientId).toBe(2)
    expect(log.machine.sessionCount).toBe(2)
  })

  test('executes a request once, and gives a repeat the same response with its index', () => {
    const log = new SessionLog()
    const client = new Client(log)
    const first = client.request(1, 1)
    expect(first).toEqual({ kind: 'applied', response: utf8Encode('1:c1@2'), index: 2 })
    expect(client.request(1, 1)).toEqual(first)
    expect(client.request(1, 1, 'another command under the same number')).toEqual(first)
    expect(log.inner.executed).toEqual(['c1'])
  })

  test('takes requests in any order of arrival', () => {
    const log = new SessionLog()
    const client = new Client(log)
    expect([3, 1, 2].map((number) => textOf(client.request(number, 1)))).toEqual([
      '1:c3@2',
      '2:c1@3',
      '3:c2@4',
    ])
    expect([1, 2, 3].map((number) => textOf(client.request(number, 1)))).toEqual([
      '2:c1@3',
      '3:c2@4',
      '1:c3@2',
    ])
    expect(log.inner.executed).toEqual(['c3', 'c1', 'c2'])
  })

  test('discards what the client has got, and never executes it again', () => {
    const log = new SessionLog()
    const client = new Client(log)
    for (const number of [1, 2, 3]) client.request(number, 1)
    expect(textOf(client.request(4, 3))).toBe('4:c4@5')
    for (const number of [1, 2]) {
      expect(client.request(number, 1)).toEqual({ kind: 'sessionExpired', why: 'discarded' })
    }
    expect(textOf(client.request(3, 1))).toBe('3:c3@4')
    expect(log.inner.executed).toEqual(['c1', 'c2', 'c3', 'c4'])
  })

  test('does not execute late what was never executed, once the client has given it up', () => {
    const log = new SessionLog()
    const client = new Client(log)
    client.request(5, 5)
    expect(client.request(4, 4).kind).toBe('sessionExpired')
    expect(log.inner.executed).toEqual(['c5'])
  })

  test("is its client's own: the same numbers of another client are other requests", () => {
    const log = new SessionLog()
    const [one, other] = [new Client(log), new Client(log)]
    expect(textOf(one.request(1, 1, 'one'))).toBe('1:one@3')
    expect(textOf(other.request(1, 1, 'other'))).toBe('2:other@4')
    expect(textOf(one.request(1, 1, 'one'))).toBe('1:one@3')
  })

  test('keeps a refusal as a response: a repeat is not tried again', () => {
    const log = new SessionLog()
    const client = new Client(log)
    const refusal = { kind: 'refused', message: 'no: refuse', index: 2 }
    expect(client.request(1, 1, 'refuse')).toEqual(refusal)
    expect(client.request(1, 1, 'accept')).toEqual(refusal)
    expect(log.inner.executed).toEqual([])
  })

  test('that nobody registered executes nothing', () => {
    const log = new SessionLog()
    const client = new Client(log)
    log.session({ kind: 'close', timeMs: 0, clientId: client.clientId })
    expect(client.request(1, 1)).toEqual({ kind: 'sessionExpired', why: 'unknown' })
    expect(client.keepAlive(0)).toEqual({ kind: 'sessionExpired', why: 'unknown' })
    expect(log.inner.executed).toEqual([])
    expect(log.session({ kind: 'close', timeMs: 0, clientId: 7 })).toEqual({ kind: 'closed' })
    expect(log.machine.sessionCount).toBe(0)
  })

  test('refuses numbers that no client counts', () => {
    const log = new SessionLog()
    const client = new Client(log)
    for (const [number, lowest] of [
      [0, 0],
      [1, 0],
      [1, 2],
      [2 + sequenceWindowMax, 1],
      [Number.MAX_SAFE_INTEGER, 1],
    ] as const) {
      expect(client.request(number, lowest).kind).toBe('badRequest')
    }
    expect(log.inner.executed).toEqual([])
    expect(textOf(client.request(1 + sequenceWindowMax, 1))).toBe(`1:c${1 + sequenceWindowMax}@7`)
    expect(textOf(client.request(1, 1))).toBe('2:c1@8')
  })
})

describe('too many responses', () => {
  test('make further requests wait until the client has got some', () => {
    const log = new SessionLog()
    const client = new Client(log, { responsesMax: 2 })
    client.request(1, 1)
    client.request(2, 1)
    expect(client.request(3, 1)).toMatchObject({ kind: 'overloaded' })
    expect(textOf(client.request(2, 1))).toBe('2:c2@3')
    expect(textOf(client.request(3, 2))).toBe('3:c3@6')
    expect(log.inner.executed).toEqual(['c1', 'c2', 'c3'])
  })

  test('in bytes do the same', () => {
    const log = new SessionLog()
    const client = new Client(log, { responsesBytesMax: 12 })
    client.request(1, 1)
    client.request(2, 1)
    expect(client.request(3, 1)).toMatchObject({ kind: 'overloaded' })
    expect(textOf(client.request(3, 2))).toBe('3:c3@5')
  })

  test('never keep out the lowest unanswered request, which alone can make room', () => {
    for (const rules of [{ responsesMax: 2 }, { responsesBytesMax: 12 }]) {
      const log = new SessionLog()
      const client = new Client(log, rules)
      client.request(2, 1)
      client.request(3, 1)
      expect(client.request(4, 1)).toMatchObject({ kind: 'overloaded' })
      expect(textOf(client.request(1, 1))).toBe('3:c1@5')
      expect(client.request(4, 1)).toMatchObject({ kind: 'overloaded' })
      expect(textOf(client.request(4, 4))).toBe('4:c4@7')
    }
  })
})

describe('sessions expire', () => {
  const rules = { sessionTimeoutMs: 4 * minute }

  test('when they were silent for longer than the timeout, and not before', () => {
    const log = new SessionLog()
    const [quiet, live] = [new Client(log, rules), new Client(log, rules)]
    for (const time of [1, 2, 3, 4]) live.keepAlive(time * minute)
    expect(log.machine.sessionCount).toBe(2)
    live.keepAlive(4 * minute + 1)
    expect(log.machine.sessionCount).toBe(1)
    quiet.timeMs = live.timeMs
    expect(quiet.request(1, 1)).toEqual({ kind: 'sessionExpired', why: 'unknown' })
  })

  test('not while they are active, with whatever request', () => {
    const log = new SessionLog()
    const [busy, other] = [new Client(log, rules), new Client(log, rules)]
    for (let time = 1; time <= 20; time++) {
      other.keepAlive(time * minute)
      busy.timeMs = time * minute
      if (time % 3 === 0) busy.request(1, 1)
      if (time % 3 === 1) busy.request(0, 0)
    }
    expect(log.machine.sessionCount).toBe(2)
  })

  test('a request finds its own session expired', () => {
    const log = new SessionLog()
    const client = new Client(log, rules)
    for (const time of [1, 2, 3, 4, 5]) {
      log.session({ kind: 'close', timeMs: time * minute, clientId: 99 })
    }
    client.timeMs = 5 * minute
    expect(client.request(1, 1).kind).toBe('sessionExpired')
    expect(log.inner.executed).toEqual([])
  })

  test('by a time that never goes back', () => {
    const log = new SessionLog()
    const client = new Client(log, rules, minute)
    client.keepAlive(2 * minute)
    client.keepAlive(30_000)
    expect(log.machine.timeMs).toBe(2 * minute)
  })

  test('not by one entry with a wild clock', () => {
    const log = new SessionLog()
    const client = new Client(log, rules)
    log.session({ kind: 'close', timeMs: Number.MAX_SAFE_INTEGER, clientId: 99 })
    expect(log.machine.timeMs).toBe(minute)
    expect(client.keepAlive(minute).kind).toBe('keptAlive')
  })

  test('the least recently active first, where there are too many', () => {
    const log = new SessionLog()
    const clients = [1, 2, 3].map(() => new Client(log, { sessionsMax: 3 }))
    clients[0]?.keepAlive(0)
    const fourth = new Client(log, { sessionsMax: 3 })
    expect([...clients, fourth].map((client) => client.keepAlive(0).kind)).toEqual([
      'keptAlive',
      'sessionExpired',
      'keptAlive',
      'keptAlive',
    ])
  })

  test('by the rules of the last register entry, whatever the defaults', () => {
    const log = new SessionLog()
    for (let i = 0; i < 5; i++) new Client(log)
    expect(log.machine.rules).toEqual(defaultSessionRules)
    new Client(log, { sessionsMax: 2 })
    expect(log.machine.sessionCount).toBe(2)
    expect(log.machine.rules.sessionsMax).toBe(2)
  })
})

describe('the machine inside', () => {
  test('is told the time of the cluster, also by commands without a session', () => {
    const log = new SessionLog()
    const client = new Client(log, {}, 5000)
    client.request(1, 1)
    log.machine.apply(entry(3, 1, 'command', utf8Encode('plain')))
    expect(log.inner.times).toEqual([5000, 5000])
    expect(utf8Decode(log.machine.query(utf8Encode('how many')))).toBe('how many: 2')
  })

  test('stops the server where it fails, and names the entry', () => {
    const inner = new RecordingMachine()
    const applier = new Applier(new SessionMachine(inner))
    const rules = defaultSessionRules
    const register = encodeSessionCommand({ kind: 'register', timeMs: 0, rules })
    applier.apply(entry(1, 1, 'session', register))
    const request = encodeSessionCommand({
      kind: 'request',
      timeMs: 0,
      clientId: 1,
      sequenceNum: 1,
      lowestUnanswered: 1,
      command: utf8Encode('fail'),
    })
    expect(() => applier.apply(entry(2, 1, 'session', request))).toThrow('entry 2 of term 1')
    expect(applier.lastApplied).toBe(1)
  })

  test('a session entry that cannot be read stops the server: others may have read it', () => {
    const applier = new Applier(new SessionMachine(new RecordingMachine()))
    expect(() => applier.apply(entry(1, 1, 'session', Uint8Array.of(9, 9)))).toThrow(
      'entry 1 of term 1: this version cannot read',
    )
  })
})

describe('the digest', () => {
  test('is alike where outcomes are, and tells of any that differs', () => {
    const digestOf = (...commands: string[]): number => {
      const log = new SessionLog()
      const client = new Client(log)
      for (const [i, command] of commands.entries()) client.request(i + 1, 1, command)
      return log.machine.digest
    }
    expect(digestOf('a', 'b')).toBe(digestOf('a', 'b'))
    const others = [digestOf('a'), digestOf('a', 'c'), digestOf('a', 'refuse'), digestOf('b', 'a')]
    expect(new Set([digestOf('a', 'b'), ...others]).size).toBe(5)
  })
})
