/**
 * The service with a core that says what the test wants: the order of its answers, notices and
 * applied entries is as adverse as it can be.
 */
import { describe, expect, test } from 'vitest'
import { noBytes, utf8Encode } from '../../src/base/bytes.ts'
import { entry, Raft, Random } from '../../src/raft/index.ts'
import { RelayedReads } from '../../src/raft/relayed-reads.ts'
import { ClientService, serviceOptions } from '../../src/server/index.ts'
import type { Outcome } from '../../src/state-machine/index.ts'
import { decodeSessionCommand, defaultSessionRules } from '../../src/state-machine/index.ts'
import { clientQueryRequest, clientRequest } from '../../src/wire/index.ts'

const nothing: Outcome = { kind: 'nothing' }

/** A service whose server leads in term 1, as it believes. */
function rig() {
  const { state } = new Raft({
    id: 'a',
    voters: ['a'],
    random: new Random(1),
    now: 0,
    recovered: { currentTerm: 1, votedFor: 'a', entries: [] },
  })
  state.role = {
    kind: 'leader',
    peers: new Map(),
    firstIndexOfTerm: 1,
  } as unknown as typeof state.role
  const proposed: { id: number; payload: Uint8Array }[] = []
  const reads: number[] = []
  const said: string[] = []
  let lastId = 0
  const machine = { query: (query: Uint8Array) => query, timeMs: 0, rules: defaultSessionRules }
  const service = new ClientService({
    server: {
      state,
      propose: (id: number, payload: Uint8Array) => {
        proposed.push({ id, payload })
      },
      read: (id: number) => {
        reads.push(id)
      },
    },
    machine,
    clock: { now: () => 0 },
    nextId: () => {
      lastId += 1
      return lastId
    },
    addressOf: () => '',
    status: () => '{}',
    admin: null,
    options: serviceOptions(),
  })
  const reply = ({ requestId, status }: { requestId: number; status: string }) => {
    said.push(`${requestId} ${status}`)
  }
  const request = (requestId: number) => {
    service.handle(clientRequest(requestId, 9, requestId, 1, utf8Encode('x')), reply)
  }
  const query = (requestId: number) => {
    service.handle(clientQueryRequest(requestId, 'linearizable', noBytes), reply)
  }
  const apply = (index: number, term: number, outcome: Outcome = nothing) => {
    service.applied(entry(index, term, 'session', noBytes), outcome)
  }
  const accept = (index: number, term = 1) => {
    const proposalId = proposed.shift()?.id ?? 0
    return service.answer({ kind: 'accepted', proposalId, index, term })
  }
  const lose = () => {
    state.role = { kind: 'follower', leaderId: null, reads: new RelayedReads() }
    service.notice({
      kind: 'roleChanged',
      role: 'follower',
      term: state.currentTerm,
      leaderId: null,
      why: 'a test',
    })
  }
  const lead = () => {
    service.notice({
      kind: 'roleChanged',
      role: 'leader',
      term: state.currentTerm,
      leaderId: 'a',
      why: 'a test',
    })
  }
  return {
    service,
    machine,
    lead,
    state,
    proposed,
    reads,
    said,
    request,
    query,
    apply,
    accept,
    lose,
  }
}

const applied = (index: number): Outcome => ({ kind: 'applied', response: noBytes, index })

describe('a waiter', () => {
  test('is answered for the entry of its own term only', () => {
    const { request, accept, apply, said } = rig()
    request(1)
    request(2)
    accept(1)
    accept(2)
    apply(1, 1, applied(1))
    apply(2, 3, applied(2))
    expect(said).toEqual(['1 ok', '2 notLeader'])
  })

  test('is settled once, whatever follows', () => {
    const { request, accept, apply, lose, said, service } = rig()
    request(1)
    accept(1)
    lose()
    lose()
    apply(1, 1, applied(1))
    service.forget()
    service.close()
    expect(said).toEqual(['1 unknown'])
  })

  test('is not left behind by an acceptance that comes when leadership has gone', () => {
    const { request, accept, lose, apply, said, service } = rig()
    request(1)
    lose()
    accept(1)
    expect(said).toEqual(['1 unknown'])
    apply(1, 1, applied(1))
    expect([said.length, service.requestsWaiting]).toEqual([1, 0])
  })

  test('of an earlier term is not taken over by a later one of the same server', () => {
    const { request, accept, state, said } = rig()
    request(1)
    state.currentTerm = 3
    accept(1, 1)
    expect(said).toEqual(['1 unknown'])
  })

  test('joins nothing that has been answered', () => {
    const { request, accept, apply, proposed, said } = rig()
    request(1)
    accept(1)
    apply(1, 1, applied(1))
    request(1)
    expect(proposed).toHaveLength(1)
    accept(2)
    apply(2, 1, applied(1))
    expect(said).toEqual(['1 ok', '1 ok'])
  })
})

describe('a query', () => {
  test('waits until its index is applied, and no longer', () => {
    const { query, reads, service, apply, said } = rig()
    query(1)
    service.answer({ kind: 'readable', readId: reads[0] ?? 0, index: 2 })
    apply(1, 1)
    expect(said).toEqual([])
    apply(2, 1)
    expect(said).toEqual(['1 ok'])
  })

  test('is answered at once where its index is applied already', () => {
    const { query, reads, service, apply, said } = rig()
    apply(1, 1)
    query(1)
    service.answer({ kind: 'readable', readId: reads[0] ?? 0, index: 1 })
    expect(said).toEqual(['1 ok'])
  })

  test('comes in the order of indexes, and of asking where those are the same', () => {
    const { query, reads, service, apply, said } = rig()
    for (const requestId of [1, 2, 3, 4]) query(requestId)
    const indexes = [2, 1, 2, 3]
    for (const [place, readId] of reads.entries()) {
      service.answer({ kind: 'readable', readId, index: indexes[place] ?? 0 })
    }
    apply(1, 1)
    apply(2, 1)
    expect(said).toEqual(['2 ok', '1 ok', '3 ok'])
    expect(service.queriesWaiting).toBe(1)
  })

  test('is answered by a snapshot that holds its index', () => {
    const { query, reads, service, said } = rig()
    query(1)
    service.answer({ kind: 'readable', readId: reads[0] ?? 0, index: 7 })
    service.restored(6)
    expect(said).toEqual([])
    service.restored(9)
    expect(said).toEqual(['1 ok'])
  })

  test('is given up when the leader changes: its index may never come', () => {
    const { query, reads, service, lose, apply, said } = rig()
    query(1)
    service.answer({ kind: 'readable', readId: reads[0] ?? 0, index: 1 })
    query(2)
    lose()
    expect(said).toEqual(['1 notLeader'])
    service.answer({
      kind: 'unreadable',
      readId: reads[1] ?? 0,
      refusal: 'leaderLost',
      leaderId: null,
    })
    apply(1, 1)
    expect(said).toEqual(['1 notLeader', '2 notLeader'])
  })
})

test('time goes on from the latest entry, though it was applied after the election', () => {
  const { lead, machine, apply, request, proposed } = rig()
  lead()
  machine.timeMs = 700
  apply(1, 1)
  request(1)
  expect(decodeSessionCommand(proposed[0]?.payload ?? noBytes)?.timeMs).toBe(700)
})

test('answers to what somebody else has asked are not taken', () => {
  const { service } = rig()
  const answers = [
    { kind: 'accepted', proposalId: 77, index: 1, term: 1 },
    { kind: 'refused', proposalId: 77, refusal: 'notLeader', leaderId: null },
    { kind: 'readable', readId: 77, index: 1 },
    { kind: 'unreadable', readId: 77, refusal: 'notLeader', leaderId: null },
  ] as const
  expect(answers.map((answer) => service.answer(answer))).toEqual([false, false, false, false])
})
