/**
 * §6.4.1, using clocks to reduce messaging for read-only queries: a lease begins when the requests
 * were sent that a majority has answered, and is over before anybody else can be elected.
 */
import { describe, expect, test } from 'vitest'
import { Bench, type BenchSetup } from '../raft/harness.ts'
import {
  accepted,
  acceptedBy,
  appendEntries,
  bare,
  preVote,
  refused,
  requestVote,
} from '../raft/messages.ts'

const drift = 0.25
/** 150 ms, less what the clocks may differ by. */
const leaseMs = 150 / (1 + drift)
const options = { preVote: true, leaseClockDriftMax: drift }

function elected(setup: BenchSetup = {}): Bench {
  const server = new Bench({ options, ...setup }).timeOut()
  return server.receive(preVote('s2', { term: 0, requestId: 1 })).lead(1)
}

/** A leader of term 1 whose no-op everybody has, sent and acknowledged in this moment. */
function leading(setup: BenchSetup = {}): Bench {
  const server = elected(setup)
  server.receive(...server.takeSent('appendEntriesRequest').map(accepted))
  server.sent = []
  return server
}

/** Whether a read is served without asking anybody. */
function readsAtOnce(server: Bench): boolean {
  server.answers.length = 0
  server.step({ kind: 'read', readId: 1, consistency: 'lease' })
  return server.answers.length === 1
}

describe('under a lease', () => {
  test('a read is served without asking anybody', () => {
    const server = leading()
    server.step({ kind: 'read', readId: 1, consistency: 'lease' })
    expect(server.answers).toEqual([{ kind: 'readable', readId: 1, index: 1 }])
    expect(server.sent).toEqual([])
  })

  test('which ends early by as much as clocks may differ', () => {
    expect(readsAtOnce(leading().elapse(leaseMs - 0.01))).toBe(true)
    expect(readsAtOnce(leading().elapse(leaseMs))).toBe(false)
  })

  test('and then a read is served as a linearizable one', () => {
    const server = leading().elapse(leaseMs)
    server.sent = []
    expect(readsAtOnce(server)).toBe(false)
    server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    expect(server.answers).toMatchObject([{ kind: 'readable' }])
  })

  test('it begins when the request was sent, not when its answer came', () => {
    const server = leading().elapse(50)
    const answers = acceptedBy('s2', server.takeSent('appendEntriesRequest'))
    server.elapse(49).receive(...answers)
    expect(readsAtOnce(server.elapse(50 + leaseMs - 99 - 0.01))).toBe(true)
    expect(readsAtOnce(server.elapse(0.02))).toBe(false)
  })

  test('a linearizable read asks all the same', () => {
    expect(leading().read(1).answers).toEqual([])
  })
})

describe('there is no lease', () => {
  test('where it is not asked for', () => {
    expect(readsAtOnce(leading({ options: { preVote: true } }))).toBe(false)
  })

  test('before a majority has answered, though the election is fresh', () => {
    expect(readsAtOnce(elected())).toBe(false)
  })

  test('before an entry of the own term is committed', () => {
    const server = elected()
    const [request] = server.takeSent('appendEntriesRequest')
    if (request !== undefined) server.receive(refused(request, [0, 0]))
    expect(server.state.commitIndex).toBe(0)
    expect(readsAtOnce(server)).toBe(false)
  })

  test('from answers that do not tell what they answer', () => {
    const server = elected()
    for (let i = 0; i < 4; i++) {
      server.receive(...server.takeSent('appendEntriesRequest').map(accepted).map(bare))
    }
    expect(server.state.commitIndex).toBe(1)
    expect(readsAtOnce(server)).toBe(false)
  })

  test('after the process has stood still, until a majority has answered anew', () => {
    const server = leading().elapse(50)
    const before = acceptedBy('s2', server.takeSent('appendEntriesRequest'))
    server.now += 1
    server.step({ kind: 'paused' }).receive(...before)
    expect(readsAtOnce(server)).toBe(false)
    server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    expect(readsAtOnce(server)).toBe(true)
  })

  test('during a transfer, and for the rest of the term once the successor was told', () => {
    const server = leading()
    server.step({ kind: 'transfer', transferId: 1, to: 's3' })
    expect(readsAtOnce(server)).toBe(false)
    for (let i = 0; i < 8; i++) {
      server.elapse(50)
      server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    }
    expect(server.state).toMatchObject({ transfer: null, role: { kind: 'leader' } })
    expect(readsAtOnce(server)).toBe(false)
  })

  test('after a transfer that never came to telling anybody there is one again', () => {
    const server = leading().propose('x')
    server.step({ kind: 'transfer', transferId: 1, to: 's3' })
    for (let i = 0; i < 8; i++) {
      server.elapse(50)
      server.receive(...acceptedBy('s2', server.takeSent('appendEntriesRequest')))
    }
    expect(server.state.transfer).toBe(null)
    expect(readsAtOnce(server)).toBe(true)
  })
})

describe('so that a lease holds', () => {
  test('a restarted server gives no vote for the shortest election timeout', () => {
    const server = new Bench({ options, log: [1], now: 1000 })
    server.receive(requestVote('s2', { term: 5, last: [1, 1] }))
    expect(server.state).toMatchObject({ currentTerm: 1, votedFor: null })
    server.elapse(150).receive(requestVote('s2', { term: 5, last: [1, 1] }))
    expect(server.state.votedFor).toBe('s2')
  })

  test('one that has never heard of a term votes at once', () => {
    const server = new Bench({ options }).receive(requestVote('s2', { term: 1 }))
    expect(server.state.votedFor).toBe('s2')
  })

  test('nobody stands for election sooner after hearing a leader', () => {
    const server = new Bench({ options }).receive(appendEntries('s2', { term: 1 }))
    expect(server.state.electionDeadline - server.now).toBeGreaterThanOrEqual(150)
  })
})
