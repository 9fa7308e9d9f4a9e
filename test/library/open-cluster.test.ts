/** Clusters in simulated time, as a program's own tests would use them. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  bytesCodecs,
  KeyValueStore,
  KontikiError,
  keyValueMachine,
} from '../../src/library/index.ts'
import { OptionError, openCluster } from '../../src/library/testing.ts'
import { closeClusters, failureOf, open, opened, type Settings } from './clusters.ts'
import { Counter, value } from './machines.ts'

afterEach(closeClusters)

/** Something of everything, with what came of it. */
async function play(seed: number | string, faults: boolean): Promise<string[]> {
  const lines: string[] = []
  const cluster = open(3, { seed, faults, trace: (line) => lines.push(line) })
  for (let i = 1; i <= 20; i++) {
    const results = await Promise.all([cluster.propose({ add: 1 }), cluster.propose({ add: 1 })])
    lines.push(`${cluster.nowMs} ${results}`)
  }
  cluster.crash(cluster.leader ?? 's1')
  lines.push(`${await cluster.query(value)} at ${cluster.nowMs}`)
  await cluster.settle()
  lines.push(`settled at ${cluster.nowMs}`)
  return lines
}

describe('openCluster', () => {
  test('commands happen once, in some order, on every server', async () => {
    const cluster = open(3)
    const results = await Promise.all(Array.from({ length: 50 }, () => cluster.propose({ add: 1 })))
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(await cluster.query(value)).toBe(50)
    await cluster.settle()
    expect(cluster.serverIds).toEqual(['s1', 's2', 's3'])
    for (const id of cluster.serverIds) {
      const machine = cluster.machine(id) as Counter
      expect([machine.value, machine.applied]).toEqual([50, 50])
      expect(cluster.status(id)?.leaderId).toBe(cluster.leader)
    }
  })

  test.each([false, true])('a seed names a run, with faults %s', async (faults) => {
    const first = await play(7, faults)
    expect(await play(7, faults)).toEqual(first)
    expect(await play(8, faults)).not.toEqual(first)
    expect(first.some((line) => line.includes('is leader in term'))).toBe(true)
  })

  test('time stands still while nobody waits, and goes as far as it is told', async () => {
    const cluster = open(3)
    expect(cluster.nowMs).toBe(0)
    await cluster.run(250)
    expect(cluster.nowMs).toBe(250)
    const waiting = cluster.run(10)
    expect(cluster.nowMs).toBe(250)
    await waiting
    expect(cluster.nowMs).toBe(260)
    await new Promise((resolve) => setImmediate(resolve))
    expect(cluster.nowMs).toBe(260)
    await cluster.until(() => cluster.leader !== null)
    const at = cluster.nowMs
    await cluster.until(() => true)
    expect(cluster.nowMs).toBe(at)
  })

  test('whoever waited goes on at the moment when it happened', async () => {
    const cluster = open(3)
    await cluster.propose({ add: 1 })
    const moments: number[] = []
    const late = cluster.run(1000)
    for (let i = 0; i < 3; i++) {
      await cluster.propose({ add: 1 })
      moments.push(cluster.nowMs)
    }
    await late
    expect(moments.every((at) => at < 1000)).toBe(true)
    expect(new Set(moments).size).toBe(3)
  })

  test('the leader crashes under a command, which happens once all the same', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const cluster = open(3, { seed })
      await cluster.propose({ add: 1 })
      const leader = cluster.leader as string
      const during = cluster.propose({ add: 1 })
      await cluster.run(seed / 2)
      cluster.crash(leader)
      expect(await during).toBe(2)
      expect(cluster.machine(leader)).toBeNull()
      expect(cluster.status(leader)).toBeNull()
      cluster.restart(leader)
      await cluster.settle()
      expect((cluster.machine(leader) as Counter).applied).toBe(2)
    }
  })

  test('all lose their power: what was answered is there', async () => {
    const cluster = open(3)
    for (let i = 0; i < 40; i++) await cluster.propose({ add: 1 })
    for (const id of cluster.serverIds) cluster.crash(id)
    for (const id of cluster.serverIds) cluster.restart(id)
    expect(await cluster.query(value)).toBe(40)
  })

  test('a leader that is cut off commits nothing; the others go on', async () => {
    const cluster = open(5, { timeoutMs: 5000 })
    await cluster.propose({ add: 1 })
    const old = cluster.leader as string
    const others = cluster.serverIds.filter((id) => id !== old)
    cluster.partition([old, 'client'], others)
    const error = await failureOf(cluster.propose({ add: 10 }), KontikiError)
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(error.message).toContain('(seed 1, at ')
    cluster.partition([old], others)
    await cluster.until(() => cluster.leader !== old && cluster.leader !== null)
    expect([1, 11]).toContain(await cluster.query(value))
    cluster.heal()
    await cluster.settle()
    expect(cluster.status(old)?.term).toBe(cluster.status(others[0] as string)?.term)
  })

  test('a paused leader is replaced, and follows when it goes on', async () => {
    const cluster = open(3)
    await cluster.propose({ add: 1 })
    const old = cluster.leader as string
    cluster.pause(old)
    expect(cluster.leader).toBeNull()
    expect(await cluster.propose({ add: 1 })).toBe(2)
    expect(cluster.leader).not.toBe(old)
    cluster.resume(old)
    await cluster.settle()
    expect(cluster.status(old)?.role).toBe('follower')
    for (const id of cluster.serverIds) cluster.pause(id)
    await cluster.run(5000)
    for (const id of cluster.serverIds) cluster.resume(id)
    expect(await cluster.propose({ add: 1 })).toBe(3)
  })

  test('through faults of all kinds, many seeds, everything happens once', async () => {
    let crashes = 0
    let parted = 0
    for (let seed = 1; seed <= 12; seed++) {
      const trace = (line: string): void => {
        if (line.includes('loses power') || line.includes('is killed')) crashes += 1
        if (line.includes('parted')) parted += 1
      }
      const cluster = open(3, { seed, faults: true, trace })
      let sum = 0
      for (let i = 0; i < 30; i++) {
        sum = await cluster.propose({ add: 1 })
        await cluster.run(200)
      }
      expect(sum).toBe(30)
      await cluster.settle()
      for (const id of cluster.serverIds) expect((cluster.machine(id) as Counter).applied).toBe(30)
      const before = [crashes, parted]
      await cluster.run(5000)
      expect([crashes, parted]).toEqual(before)
    }
    expect(crashes).toBeGreaterThan(10)
    expect(parted).toBeGreaterThan(10)
  })

  test('a server that was away for long is sent a snapshot, and starts from its own', async () => {
    const lines: string[] = []
    const cluster = open(3, { trace: (line) => lines.push(line) })
    await cluster.propose({ add: 1 })
    const away = cluster.serverIds.find((id) => id !== cluster.leader) as string
    cluster.crash(away)
    for (let i = 0; i < 150; i++) await cluster.propose({ add: 1 })
    cluster.restart(away)
    await cluster.settle()
    expect(lines.some((line) => line.includes(`${away} takes on a snapshot`))).toBe(true)
    expect(cluster.machine(away)).toMatchObject({ value: 151, applied: 151 })
    lines.length = 0
    cluster.restart(away)
    await cluster.settle()
    expect(lines.some((line) => line.includes(`${away} takes on a snapshot`))).toBe(true)
  })

  test('without a majority nothing happens, and it is told at its time', async () => {
    const lines: string[] = []
    const cluster = open(3, { trace: (line) => lines.push(line) })
    await cluster.propose({ add: 1 })
    cluster.crash('s1')
    cluster.crash('s2', 'kill')
    lines.length = 0
    const before = cluster.nowMs
    const error = await failureOf(cluster.propose({ add: 1 }, { timeoutMs: 900 }), KontikiError)
    expect(error.code).toBe('TIMEOUT')
    expect(cluster.nowMs - before).toBeGreaterThanOrEqual(900)
    expect(cluster.nowMs - before).toBeLessThan(1000)
    let looks = 0
    const look = (): boolean => {
      looks += 1
      return false
    }
    const never = cluster.until(look, 500)
    expect((await failureOf(never, KontikiError)).message).toContain('within 500 ms (seed 1, at')
    const looked = looks
    await cluster.run(5000)
    expect(looks).toBe(looked)
    expect(lines.some((line) => line.includes('s3 is preCandidate'))).toBe(true)
    expect(lines.filter((line) => /s[12] is/.test(line))).toEqual([])
    const thrown = cluster.until(() => {
      throw new RangeError('of the condition')
    })
    expect((await failureOf(thrown, RangeError)).message).toBe('of the condition')
  })

  test('a store of keys and values over it', async () => {
    const cluster = openCluster(3, { stateMachine: keyValueMachine, codecs: bytesCodecs })
    opened.push(cluster)
    const store = new KeyValueStore(cluster)
    await store.put('key', 'value')
    expect((await store.increment('n', 3)).value).toBe(3)
    expect((await store.list()).entries.map(({ key }) => key)).toEqual(['key', 'n'])
    await cluster.settle()
  })

  test('closed, it does nothing more', async () => {
    const cluster = open(3)
    const waiting = [cluster.propose({ add: 1 }), cluster.run(1000)]
    const failures = waiting.map((wait) => failureOf(wait, KontikiError))
    await cluster.close()
    await cluster.close()
    for (const failure of failures) expect((await failure).code).toBe('CLOSED')
    expect((await failureOf(cluster.propose({ add: 1 }), KontikiError)).code).toBe('CLOSED')
    expect((await failureOf(cluster.run(1), KontikiError)).code).toBe('CLOSED')
    expect(cluster.status('s1')).toBeNull()
  })

  test.each([
    ['servers', 0, {}],
    ['servers', 10, {}],
    ['servers', 2.5, {}],
    ['stateMachine', 3, { stateMachine: new Counter() }],
    ['stateMachine', 3, { stateMachine: () => ({}) }],
    ['seed', 3, { seed: 0.5 }],
    ['timeoutMs', 3, { timeoutMs: 0 }],
    ['snapshotEveryEntries', 3, { snapshotEveryEntries: 0 }],
    ['heartbeatIntervalMs', 3, { raft: { heartbeatIntervalMs: 5000 } }],
    ['requestsMax', 3, { service: { requestsMax: 0 } }],
  ])('a wrong %s is named', (option, servers, settings) => {
    const all = { stateMachine: () => new Counter(), ...settings } as unknown as Settings
    expect(() => openCluster(servers, all)).toThrow(OptionError)
    expect(() => openCluster(servers, all)).toThrow(option)
  })

  test('servers that there are not, and groups that cannot be', async () => {
    const cluster = open(3)
    expect(() => cluster.crash('s4')).toThrow('one of the servers (s1, s2, s3); it is s4')
    expect(() => cluster.crash('s1', 'gently' as 'kill')).toThrow('power or kill')
    expect(() => cluster.partition(['s1'], ['s1', 's2'])).toThrow('in one group at most')
    expect(() => cluster.partition(['nobody'])).toThrow('one of the servers')
    expect(() => cluster.run(-1)).toThrow('ms')
  })
})
