/**
 * A cluster without faults of its own behind a network with every fault: each command happens
 * exactly once or, where the client says so, perhaps; and what clients say of outcomes is true.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { FakeCluster } from './fake-cluster.ts'
import { type Pending, World } from './world.ts'

const addresses = ['a:1', 'b:1', 'c:1']

interface Run {
  readonly cluster: FakeCluster
  readonly commands: {
    readonly text: string
    readonly session: boolean
    readonly pending: Pending
  }[]
  readonly queries: Pending[]
  readonly retries: number
}

/** Twenty seconds of trouble, and then peace until everything is settled. */
function run(seed: number, expiring: boolean): Run {
  const world = new World(seed)
  const random = new Random(`faults/${seed}`)
  const cluster = new FakeCluster(world, addresses)
  world.delayMaxMs = random.pick([1, 5, 40])
  let isTroubled = true
  cluster.answers = () => !isTroubled || !random.chance(0.1)
  cluster.refuse = () => {
    if (!isTroubled || !random.chance(0.1)) return null
    return random.pick(['overloaded', 'unavailable', 'notLeader'] as const)
  }
  cluster.before = (message, server) => {
    // The connection dies while the request is on its way, or its answer.
    if (isTroubled && random.chance(0.02)) world.after(0, () => server.cut())
    if (expiring && isTroubled && message.kind === 'clientRequest' && random.chance(0.03)) {
      cluster.expireSessions()
    }
  }
  const trouble = (): void => {
    if (!isTroubled) return
    const server = random.pick(cluster.servers)
    const what = random.pick(['lead', 'nobody', 'crash', 'pause', 'cut', 'up'] as const)
    if (what === 'lead') cluster.leader = server
    else if (what === 'nobody') cluster.leader = null
    else if (what === 'crash') server.crash()
    else if (what === 'pause') server.state = 'silent'
    else if (what === 'cut') server.cut()
    else server.state = 'up'
    world.after(random.between(10, 400), trouble)
  }
  world.after(100, trouble)

  const client = world.client(addresses, {
    attemptTimeoutMs: 200,
    inFlightMax: random.pick([1, 4, 1024]),
    sequenceSpanMax: random.pick([4, 64]),
  })
  const commands: Run['commands'] = []
  const queries: Pending[] = []
  for (let i = 0; i < 120; i++) {
    world.after(random.between(0, 20_000), () => {
      if (random.chance(0.2)) {
        const consistency = random.pick(['linearizable', 'stale'] as const)
        queries.push(client.query(`q${i}`, { consistency, timeoutMs: 60_000 }))
        return
      }
      const session = random.chance(0.8)
      // Without a session a command whose answer is lost is waited for until its time is up, in its
      // place among those in flight: where there is one place, nothing else is sent meanwhile.
      const timeoutMs = random.pick(session ? [300, 2000, 60_000] : [300, 1000, 2000])
      const pending = client.request(`c${i}`, { session, timeoutMs })
      commands.push({ text: `c${i}`, session, pending })
      if (random.chance(0.05)) world.after(random.between(0, 300), () => pending.cancel())
    })
  }
  world.after(20_001, () => {
    isTroubled = false
    cluster.leader = cluster.servers[0] ?? null
    for (const server of cluster.servers) server.state = 'up'
  })
  world.run(90_000)
  const retries = client.events.filter((event) => event.kind === 'sent' && event.attempt > 1)
  return { cluster, commands, queries, retries: retries.length }
}

function check({ cluster, commands, queries }: Run, expiring: boolean): void {
  for (const { text, session, pending } of commands) {
    const { result } = pending
    const times = cluster.times(text)
    expect(result, text).not.toBeNull()
    expect(times, text).toBeLessThanOrEqual(1)
    if (result === null) continue
    if (result.error === null) expect(times, text).toBe(1)
    else {
      if (result.error.outcome === 'notApplied') expect(times, text).toBe(0)
      const codes = ['TIMEOUT', 'ABORTED']
      if (!session) codes.push('ANSWER_LOST')
      if (expiring && session) codes.push('SESSION_EXPIRED')
      expect(codes, `${text}: ${result.error.message}`).toContain(result.error.code)
    }
  }
  for (const { result } of queries) expect(result?.error).toBeNull()
}

describe('exactly once', () => {
  test('whatever is lost, every command happens once, and outcomes are told truly', () => {
    let retries = 0
    let unknown = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const result = run(seed, false)
        retries += result.retries
        unknown += result.commands.filter(({ pending }) => {
          return pending.result?.error?.outcome === 'unknown'
        }).length
        check(result, false)
      }),
      { numRuns: 40 },
    )
    // The faults were felt.
    expect(retries).toBeGreaterThan(100)
    expect(unknown).toBeGreaterThan(10)
  })

  test('a session that expires under way never makes a command happen twice', () => {
    let expired = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const result = run(seed, true)
        expired += result.commands.filter(({ pending }) => {
          return pending.result?.error?.code === 'SESSION_EXPIRED'
        }).length
        check(result, true)
      }),
      { numRuns: 40 },
    )
    expect(expired).toBeGreaterThan(0)
  })
})
