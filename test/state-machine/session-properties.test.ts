/** Any history of sessions: against the obvious machine, and with snapshots in the middle of it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import {
  defaultSessionRules,
  encodeSessionCommand,
  type SessionCommand,
  SessionMachine,
  SnapshotError,
  sessionRules,
} from '../../src/state-machine/index.ts'
import { NaiveSessions } from './naive-sessions.ts'
import { bytesOf, RecordingMachine, SessionLog } from './recording-machine.ts'

const rules = fc
  .record({
    sessionsMax: fc.integer({ min: 1, max: 4 }),
    sessionTimeoutMs: fc.integer({ min: 100, max: 300 }),
    responsesMax: fc.integer({ min: 1, max: 4 }),
  })
  .map(sessionRules)

/** What happens: clients are named by their turn, and the time by what has gone since. */
const happening = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('register' as const), rules }) },
  {
    weight: 8,
    arbitrary: fc
      .record({
        kind: fc.constant('request' as const),
        client: fc.nat(5),
        sequenceNum: fc.integer({ min: 1, max: 9 }),
        pending: fc.nat(5),
      })
      .map(({ pending, ...request }) => ({
        ...request,
        lowestUnanswered: Math.max(1, request.sequenceNum - pending),
      })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('keepAlive' as const), client: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), client: fc.nat(5) }) },
)
const timed = fc.tuple(happening, fc.oneof(fc.constant(0), fc.integer({ min: -20, max: 60 })))

/** The commands; a client is the index of a register entry, or of none. */
const histories = fc.array(timed, { minLength: 1, maxLength: 60 }).map((happenings) => {
  const commands: SessionCommand[] = [{ kind: 'register', timeMs: 0, rules: defaultSessionRules }]
  const clientIds = [1]
  let now = 0
  for (const [one, passed] of happenings) {
    now = Math.max(0, now + passed)
    if (one.kind === 'register') {
      clientIds.push(commands.length + 1)
      commands.push({ ...one, timeMs: now })
      continue
    }
    const { client, ...rest } = one
    const clientId = clientIds[clientIds.length - 1 - client] ?? 0
    const command = utf8Encode(`${commands.length + 1}`)
    commands.push(
      rest.kind === 'request'
        ? { ...rest, timeMs: now, clientId, command }
        : { ...rest, timeMs: now, clientId },
    )
  }
  return commands
})

describe('any history', () => {
  test('comes out as §6.3 says', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const log = new SessionLog()
        const naive = new NaiveSessions()
        for (const command of commands) {
          const expected = naive.session(command)
          expect(log.session(command)).toMatchObject(
            expected.kind === 'overloaded' ? { kind: 'overloaded' } : expected,
          )
          expect(log.machine.timeMs).toBe(naive.timeMs)
          expect(log.machine.sessionCount).toBe(naive.sessions.length)
        }
        expect(log.inner.executed).toEqual(naive.inner.executed)
      }),
      { numRuns: 1000 },
    )
  })

  test('goes on from a snapshot as if nothing had been', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.integer({ min: 1, max: 50 }), (commands, at, piece) => {
        const middle = at % commands.length
        const log = new SessionLog()
        for (const command of commands.slice(0, middle)) log.session(command)
        const taken = bytesOf(log.machine.snapshot())
        const takenLate = log.machine.snapshot()
        const twin = new SessionLog()
        twin.machine.restore(pieces(taken, piece))
        twin.lastIndex = middle
        expect(twin.machine.digest).toBe(log.machine.digest)
        for (const command of commands.slice(middle)) {
          expect(twin.session(command)).toEqual(log.session(command))
        }
        expect(twin.machine.digest).toBe(log.machine.digest)
        expect(twin.machine.rules).toEqual(log.machine.rules)
        expect(bytesOf(twin.machine.snapshot())).toEqual(bytesOf(log.machine.snapshot()))
        expect(bytesOf(takenLate)).toEqual(taken)
      }),
      { numRuns: 500 },
    )
  })
})

function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

describe('a snapshot', () => {
  function some(): SessionLog {
    const log = new SessionLog()
    log.session({ kind: 'register', timeMs: 1000, rules: defaultSessionRules })
    for (const [i, command] of ['x', 'refuse', ''].entries()) {
      const numbers = { clientId: 1, sequenceNum: 3 - i, lowestUnanswered: 1 }
      log.session({ kind: 'request', timeMs: 2000, ...numbers, command: utf8Encode(command) })
    }
    return log
  }

  test('hands the machine its chunks as they were, the empty ones too', () => {
    const taken = bytesOf(some().machine.snapshot())
    const inner = new RecordingMachine()
    new SessionMachine(inner).restore([taken])
    expect(inner.executed).toEqual(['x', ''])
  })

  test('of a machine whose first chunk is all of it shows the moment when it was asked for', () => {
    const log = some()
    const { inner } = log
    inner.snapshot = function* () {
      yield utf8Encode(String(inner.executed.length))
    }
    const taken = log.machine.snapshot()
    const numbers = { clientId: 1, sequenceNum: 4, lowestUnanswered: 1 }
    log.session({ kind: 'request', timeMs: 3000, ...numbers, command: utf8Encode('later') })
    const twin = new SessionLog()
    twin.machine.restore(taken)
    expect(twin.inner.executed).toEqual(['2'])
  })

  test('of equal states is equal, in whatever order the responses came', () => {
    const later = new SessionLog()
    later.machine.restore([bytesOf(some().machine.snapshot())])
    expect(bytesOf(later.machine.snapshot())).toEqual(bytesOf(some().machine.snapshot()))
  })

  test('that is cut short, or goes on, or is damaged, is refused', () => {
    const taken = bytesOf(some().machine.snapshot())
    const restore = (bytes: Uint8Array) => () =>
      new SessionMachine(new RecordingMachine()).restore([bytes])
    for (let length = 0; length < taken.length; length++) {
      expect(restore(taken.subarray(0, length))).toThrow(SnapshotError)
    }
    expect(restore(Uint8Array.of(...taken, 0))).toThrow(SnapshotError)
    expect(restore(Uint8Array.of(taken[0] as number, 99, ...taken.subarray(2)))).toThrow(
      'version 99',
    )
  })

  test('that a machine reads only in part is read to its end all the same', () => {
    const taken = bytesOf(some().machine.snapshot())
    const lazy = new RecordingMachine()
    lazy.restore = ([first]) => {
      lazy.executed = first === undefined ? [] : ['one']
    }
    new SessionMachine(lazy).restore([taken])
    expect(lazy.executed).toEqual(['one'])
    expect(() => new SessionMachine(lazy).restore([taken.subarray(0, -2)])).toThrow(SnapshotError)
  })

  test('of many sessions comes in chunks, and is read back', () => {
    const log = new SessionLog()
    for (let i = 0; i < 30_000; i++) {
      log.session({ kind: 'register', timeMs: i, rules: defaultSessionRules })
    }
    const chunks = [...log.machine.snapshot()]
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(70_000)
    const twin = new SessionLog()
    twin.machine.restore(chunks)
    expect(twin.machine.sessionCount).toBe(30_000)
    const keepAlive = encodeSessionCommand({ kind: 'keepAlive', timeMs: 30_000, clientId: 17 })
    expect(twin.machine.apply(entry(30_001, 1, 'session', keepAlive)).kind).toBe('keptAlive')
  })
})
