// Wrong versions of sessions (§6.3) and of the service to clients. list.mjs says what
// the fields mean.
// Every run of these has clients with sessions.

const sessionMachine = 'src/state-machine/session-machine.ts'

/** @type {import('./list.mjs').Mutant[]} */
const sessions = [
  {
    name: 'retry-applied-twice',
    file: sessionMachine,
    replace: '    if (stored !== null) return stored\n',
    by: '    if (stored !== null) return this.#execute(entry, request.command)\n',
    bug: 'a repeat of a request is carried out again (summitdb 5, atomix 330)',
  },
  {
    name: 'discarded-repeat-executed',
    file: sessionMachine,
    replace: '    if (sequenceNum < lowest) return discardedResponse\n',
    by: '    if (sequenceNum < lowest) return this.#execute(entry, request.command)\n',
    bug: 'a late repeat whose response was discarded is carried out again (§6.3)',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'expired-session-recreated',
    file: sessionMachine,
    replace:
      '    const session = this.#active(request.clientId)\n' +
      '    if (session === undefined) return unknownSession',
    by:
      '    const session =\n' +
      '      this.#active(request.clientId) ??\n' +
      '      this.#sessions.open(request.clientId, this.#timeMs)\n' +
      '    if (session === undefined) return unknownSession',
    bug: 'a request without a session makes one: a repeat after expiry is carried out again',
  },
  {
    name: 'response-of-another-client',
    file: sessionMachine,
    replace: '    const stored = session.response(sequenceNum)\n',
    by:
      '    let stored = session.response(sequenceNum)\n' +
      '    for (const other of this.#sessions) stored ??= other.response(sequenceNum)\n',
    bug: "responses are looked up by sequence number alone: another client's is given",
  },
  {
    name: 'only-last-response-kept',
    file: 'src/state-machine/session.ts',
    replace: '    this.#responses.set(sequenceNum, response)\n',
    by:
      '    for (const [other] of this.#responses.entries()) this.#responses.delete(other)\n' +
      '    this.#responsesBytes = 0\n' +
      '    this.#responses.set(sequenceNum, response)\n',
    bug: 'only the last response is kept while a client has several requests under way (§6.3)',
  },
  {
    name: 'response-dropped-at-its-own-number',
    file: 'src/state-machine/session.ts',
    replace: '      for (let number = from; number < lowestUnanswered; number++)',
    by: '      for (let number = from; number <= lowestUnanswered; number++)',
    bug: 'the response to the lowest unanswered request is dropped, and its repeat carried out',
  },
  {
    name: 'lowest-unanswered-ignored',
    file: sessionMachine,
    replace: '    session.discardBelow(lowest)\n',
    by: '',
    bug: 'responses are kept for ever, and requests refused as overloaded in the end',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'lowest-unanswered-goes-back',
    file: sessionMachine,
    replace: '    const lowest = Math.max(lowestUnanswered, session.lowestUnanswered)\n',
    by: '    const lowest = lowestUnanswered\n',
    bug: 'a late repeat brings an old lowestUnanswered with it, and is carried out again',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'expiry-by-local-clock',
    edits: [
      {
        file: 'src/server/replica.ts',
        replace: 'const outcome = this.#applier.apply(entry)',
        by:
          'Object.assign(this.#machine, { localMs: this.#parts.clock.now() })\n' +
          '    const outcome = this.#applier.apply(entry)',
      },
      {
        file: sessionMachine,
        replace: '    this.#sessions.expireBefore(this.#timeMs - this.#rules.sessionTimeoutMs)\n',
        by:
          '    const { localMs } = this as unknown as { localMs: number }\n' +
          '    const table = this.#sessions as unknown as { seen: Map<number, number> }\n' +
          '    table.seen ??= new Map()\n' +
          '    for (const one of [...this.#sessions]) {\n' +
          '      const key = one.clientId * 1e6 + one.responseCount\n' +
          '      if (!table.seen.has(key)) table.seen.set(key, localMs)\n' +
          '      const silentMs = localMs - (table.seen.get(key) ?? localMs)\n' +
          '      if (silentMs <= this.#rules.sessionTimeoutMs) continue\n' +
          '      this.#sessions.close(one.clientId)\n' +
          '    }\n',
      },
    ],
    bug: "sessions expire by each server's own clock: servers differ (LogCabin 10b42c6)",
  },
  {
    name: 'cluster-time-goes-back',
    file: sessionMachine,
    replace:
      '    this.#timeMs = Math.max(this.#timeMs, Math.min(timeMs, this.#timeMs + leapMaxMs))\n',
    by: '    this.#timeMs = Math.min(timeMs, this.#timeMs + leapMaxMs)\n',
    bug: "the time of the log follows each leader's clock, also back",
    tests: ['test/state-machine/sessions.test.ts', 'test/state-machine/cluster-clock.test.ts'],
  },
  {
    name: 'wild-clock-believed',
    file: sessionMachine,
    replace:
      '    this.#timeMs = Math.max(this.#timeMs, Math.min(timeMs, this.#timeMs + leapMaxMs))\n',
    by: '    this.#timeMs = Math.max(this.#timeMs, timeMs + 0 * leapMaxMs)\n',
    bug: 'one entry with a wild clock expires every session',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'new-leader-takes-its-own-time',
    file: 'src/state-machine/cluster-clock.ts',
    replace: '    this.#timeMs = appliedMs\n',
    by: '    this.#timeMs = now\n',
    bug: "a new leader begins with its own clock's time: sessions expire, or never do",
    tests: ['test/state-machine/cluster-clock.test.ts'],
  },
  {
    name: 'activity-not-counted',
    file: sessionMachine,
    replace: '    if (session !== undefined) this.#sessions.touch(session, this.#timeMs)\n',
    by: '',
    bug: 'sessions expire a timeout after their registration, however active',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'oldest-session-not-least-active',
    file: 'src/state-machine/session-table.ts',
    replace: '    this.#unlink(session)\n    this.#append(session)\n',
    by: '',
    bug: 'the first to go is the first that came, however active it is',
    tests: ['test/state-machine/sessions.test.ts', 'test/state-machine/session-properties.test.ts'],
  },
  {
    name: 'refusal-not-stored',
    file: sessionMachine,
    replace: '    session.keep(sequenceNum, response)\n',
    by: "    if (response.kind === 'applied') session.keep(sequenceNum, response)\n",
    bug: 'a refused command is tried again by its repeat, and may then be carried out',
    tests: ['test/state-machine/sessions.test.ts'],
  },
  {
    name: 'failing-apply-skipped',
    file: sessionMachine,
    replace: '      if (!(error instanceof CommandRefused)) throw error\n',
    by: '      if (!(error instanceof Error)) throw error\n',
    bug: 'a server whose machine fails at an entry skips it, and differs from the others',
    tests: ['test/state-machine'],
  },
  {
    name: 'sessions-not-in-snapshot',
    file: sessionMachine,
    replace: '    this.#sessions = sessions\n',
    by: '    this.#sessions = sessions.size < 0 ? sessions : new SessionTable()\n',
    bug: 'a server that starts from a snapshot has forgotten the sessions, and differs',
    tests: ['test/state-machine'],
  },
  {
    name: 'cluster-time-not-in-snapshot',
    file: sessionMachine,
    replace: '    this.#timeMs = header.timeMs\n',
    by: '',
    bug: 'a server that starts from a snapshot expires sessions at another time than the others',
    tests: ['test/state-machine'],
  },
  {
    name: 'snapshot-shows-later-entries',
    file: 'src/state-machine/kv/key-value-machine.ts',
    replace: 'writeKvSnapshot(this.#entries.copy())',
    by: 'writeKvSnapshot(this.#entries)',
    bug: 'entries that are applied while a snapshot is written are in it, and are applied again',
    tests: ['test/state-machine'],
  },
]

/** @type {import('./list.mjs').Mutant[]} */
const service = [
  {
    name: 'waiter-answered-for-another-entry',
    edits: [
      {
        file: 'src/server/client-service.ts',
        replace: '    if (waiter.term !== term) {\n',
        by: '    if (waiter.term > term) {\n',
      },
      {
        file: 'src/server/client-service.ts',
        replace:
          '    for (const { callers } of this.#waiters.takeAccepted()) {\n' +
          '      fail(callers, this.#refusals.unknown(',
        by:
          '    for (const { callers } of [] as { callers: Caller[] }[]) {\n' +
          '      fail(callers, this.#refusals.unknown(',
      },
    ],
    bug: "who waits at an index is answered for another leader's entry there (etcd, dragonboat)",
  },
  {
    name: 'unknown-told-as-no-effect',
    file: 'src/server/client-service.ts',
    replace: "this.#refusals.unknown('leadership was lost while it waited')",
    by: "this.#refusals.notLeader('leadership was lost while it waited')",
    bug: 'a request that was in the log of a leader that fell is said to be without effect',
  },
  {
    name: 'repeat-joins-another-client',
    file: 'src/server/waiters.ts',
    replace: '    return this.#sessions.get(clientId)?.get(sequenceNum) ?? null\n',
    by:
      '    const rings = clientId === 0 ? [] : [...this.#sessions.values()]\n' +
      '    return rings.map((ring) => ring.get(sequenceNum)).find((one) => one !== null) ?? null\n',
    bug: 'requests of two clients with one number are taken for repeats of each other',
  },
  {
    name: 'stored-response-instead-of-execution',
    edits: [
      {
        file: 'src/server/client-service.ts',
        replace: "request.kind === 'clientRequest' && request.clientId !== 0",
        by: "request.kind === 'clientRequest'",
      },
      {
        file: 'src/server/client-service.ts',
        replace: 'const clientId = isNumbered ? request.clientId : 0',
        by: 'const clientId = isNumbered ? request.clientId || 1e9 : 0',
      },
    ],
    bug: 'commands without a session are taken for repeats of each other',
  },
  {
    name: 'query-before-its-index',
    file: 'src/server/reading.ts',
    replace: '    } else if (answer.index <= this.#lastApplied) {\n',
    by: '    } else if (answer.index >= 0) {\n',
    bug: 'a read is answered before everything up to its index is applied (§6.4)',
  },
  {
    name: 'waiting-reads-left-hanging',
    file: 'src/server/reading.ts',
    replace:
      '    const callers = this.#readable.splice(0).map(({ reader }) => reader.caller)\n' +
      '    fail(callers.reverse(),',
    by: '    const callers: Caller[] = []\n    fail(callers.reverse(),',
    bug: 'reads that wait for their index wait for ever when the leader has gone',
    tests: ['test/server'],
  },
  {
    name: 'stale-reads-for-all',
    file: 'src/server/reading.ts',
    replace: "    if (consistency === 'stale') {\n",
    by: "    if (consistency !== 'lease') {\n",
    bug: 'every server answers a linearizable read from what it has (etcd before 3.0)',
  },
]

const all = [...sessions, ...service]

export const mutantsOfSessions = all.map((mutant) => ({
  ...mutant,
  wishes: { workload: 'sessions', ...mutant.wishes },
}))
