/** Three servers in one process, over TCP and with their logs on disk, used as a program would. */
import { afterEach, describe, expect, test } from 'vitest'
import { KontikiError } from '../../src/library/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { type Counter, value } from './machines.ts'
import { Cluster, type CounterServer } from './servers.ts'

let cluster: Cluster | null = null

async function start(count: number): Promise<Cluster> {
  cluster = await Cluster.start(count)
  return cluster
}

afterEach(async () => {
  await cluster?.end()
  cluster = null
})

function servers(of: Cluster): CounterServer[] {
  return [...of.running.values()]
}

async function failureOf(operation: Promise<unknown>): Promise<KontikiError> {
  try {
    await operation
  } catch (error) {
    expect(error).toBeInstanceOf(KontikiError)
    return error as KontikiError
  }
  throw new Error('it did not fail')
}

describe('openServer', () => {
  test('every server proposes and answers, whoever leads', async () => {
    const three = await start(3)
    let sum = 0
    for (const [i, server] of servers(three).entries()) {
      sum += i + 1
      expect(await server.propose({ add: i + 1 })).toBe(sum)
    }
    for (const server of servers(three)) {
      expect(await server.query(value)).toBe(sum)
      expect(await server.query(value, { consistency: 'lease' })).toBe(sum)
    }
  })

  test('many at a time, from everywhere, each happens once', async () => {
    const three = await start(3)
    const client = three.client()
    const results = await Promise.all(
      Array.from({ length: 400 }, (_, i) => {
        const from = [...servers(three), client][i % 4] as CounterServer
        return from.propose({ add: 1 })
      }),
    )
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    await waitFor('every server to have applied all', () => {
      return [...three.machines.values()].every((machine) => machine.value === 400)
    })
  })

  test('the leader is closed: the others go on, and clients notice nothing but time', async () => {
    const three = await start(3)
    const client = three.client()
    expect(await client.propose({ add: 1 })).toBe(1)
    const leader = await three.leader()
    const during = client.propose({ add: 1 })
    await three.close(leader.id)
    expect(await during).toBe(2)
    expect(await client.propose({ add: 1 })).toBe(3)
    for (const server of servers(three)) expect(await server.query(value)).toBe(3)
    const afterwards = await failureOf(leader.propose({ add: 100 }))
    expect(afterwards).toMatchObject({ code: 'CLOSED', outcome: 'notApplied' })
    expect(afterwards.message).toContain(`server ${leader.id} was closed`)
  })

  test('all are closed and opened again: what was answered is there', async () => {
    const three = await start(3)
    const [first] = servers(three) as [CounterServer]
    for (let i = 0; i < 20; i++) await first.propose({ add: 1 })
    for (const id of Object.keys(three.addresses)) await three.close(id)
    for (const id of Object.keys(three.addresses)) await three.open(id)
    const [again] = servers(three) as [CounterServer]
    expect(await again.query(value)).toBe(20)
    expect(await again.propose({ add: 1 })).toBe(21)
    const machine = three.machines.get(again.id) as Counter
    await waitFor('the log to be applied once', () => machine.applied === 21)
  })

  test('a minority that comes back catches up', async () => {
    const three = await start(3)
    const client = three.client()
    await three.leader()
    await three.close('c')
    for (let i = 0; i < 50; i++) await client.propose({ add: 1 })
    await three.open('c')
    await waitFor('the server to have all', () => three.machines.get('c')?.value === 50)
  })

  test('without a majority nothing happens, and it is said in time', async () => {
    const three = await start(3)
    const client = three.client()
    await client.propose({ add: 1 })
    await three.close('a')
    await three.close('b')
    const last = servers(three)[0] as CounterServer
    const error = await failureOf(last.propose({ add: 1 }, { timeoutMs: 1500 }))
    expect(error.code).toBe('TIMEOUT')
    expect(error.message).toContain('1500 ms')
  })

  test('it tells of its role, term, leader and commits, and that it is closed', async () => {
    const one = await start(1)
    const [server] = servers(one) as [CounterServer]
    const told: string[] = []
    const onCommit = (): number => told.push('commit')
    server.on('commit', onCommit)
    server.on('closed', () => told.push('closed'))
    await server.propose({ add: 1 })
    expect(told.filter((what) => what === 'commit').length).toBeGreaterThanOrEqual(2)
    server.off('commit', onCommit)
    const before = told.length
    await server.propose({ add: 1 })
    expect(told).toHaveLength(before)
    await one.close('a')
    expect(told.at(-1)).toBe('closed')
  })

  test('elections are told of', async () => {
    const three = await start(3)
    const leader = await three.leader()
    const others = servers(three).filter((server) => server !== leader)
    const told: string[] = []
    for (const server of others) {
      server.on('term', ({ term }) => told.push(`term ${term}`))
      server.on('role', ({ role }) => told.push(role))
      server.on('leader', ({ leaderId }) => told.push(`leader ${leaderId}`))
    }
    await three.close(leader.id)
    const next = await three.leader()
    await waitFor('everything to be told', () => {
      const term = `term ${next.status().term}`
      return [term, 'candidate', 'leader', `leader ${next.id}`].every((what) => told.includes(what))
    })
  })

  test('a machine that throws stops every server, and whoever waits is told', async () => {
    const one = await start(1)
    const [server] = servers(one) as [CounterServer]
    const errors: Error[] = []
    const ends: string[] = []
    server.on('error', (error) => errors.push(error))
    server.on('closed', () => ends.push('closed'))
    await server.propose({ add: 1 })
    const waiting = [{ explode: true } as const, { add: 1 }].map((command) => {
      return failureOf(server.propose(command))
    })
    const [error, other] = (await Promise.all(waiting)) as [KontikiError, KontikiError]
    expect(error).toMatchObject({ code: 'SERVER_FAILED', outcome: 'unknown' })
    expect(error.message).toContain('server a has failed')
    expect(error.message).toContain('this machine explodes')
    expect(other.code).toBe('SERVER_FAILED')
    expect(errors).toHaveLength(1)
    await waitFor('the server to be closed', () => ends.length === 1)
    const later = await failureOf(server.propose({ add: 1 }))
    expect(later).toMatchObject({ code: 'SERVER_FAILED', outcome: 'notApplied' })
    // The directory and the port are free again.
    await one.close('a')
    const reopened = failureOf((await one.open('a')).propose({ add: 1 }))
    expect((await reopened).code).toBe('SERVER_FAILED')
  })

  test('a command is taken back by its signal', async () => {
    const three = await start(3)
    const client = three.client()
    await client.propose({ add: 1 })
    await three.close('a')
    await three.close('b')
    const controller = new AbortController()
    const reason = new Error('not wanted any more')
    const waiting = failureOf(client.propose({ add: 1 }, { signal: controller.signal }))
    controller.abort(reason)
    expect(await waiting).toMatchObject({ code: 'ABORTED', cause: reason })
    const never = failureOf(client.propose({ add: 1 }, { signal: AbortSignal.abort() }))
    expect(await never).toMatchObject({ code: 'ABORTED', outcome: 'notApplied' })
  })

  test('a client sees how every server is, or why not', async () => {
    const three = await start(3)
    const client = three.client()
    const leader = await three.leader()
    await client.propose({ add: 1 })
    const gone = servers(three).find((server) => server !== leader) as CounterServer
    await three.close(gone.id)
    const reports = await client.status({ timeoutMs: 2000 })
    expect(reports.map(({ address }) => address)).toEqual(Object.values(three.addresses))
    for (const { address, status, error } of reports) {
      if (address === gone.address) expect(error?.code).toBe('UNREACHABLE')
      else expect(status?.leaderId).toBe(leader.id)
    }
    expect(reports.filter(({ status }) => status?.role === 'leader')).toHaveLength(1)
  })

  test('what cannot be encoded or decoded is the one operation that fails', async () => {
    const one = await start(1)
    const [server] = servers(one) as [CounterServer]
    const bad = await failureOf(server.propose({ add: Number.NaN }))
    expect(bad).toMatchObject({ code: 'REFUSED', outcome: 'notApplied' })
    expect(bad.message).toContain('the command cannot be encoded')
    const client = one.client({
      codecs: {
        result: {
          encode: () => new Uint8Array(0),
          decode: () => {
            throw new Error('unreadable')
          },
        },
      },
    })
    const unreadable = await failureOf(client.propose({ add: 1 }))
    expect(unreadable).toMatchObject({ code: 'BAD_ANSWER', outcome: 'unknown' })
    expect(await server.query(value)).toBe(1)
  })
})
