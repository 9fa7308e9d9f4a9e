/** Servers that come, go, and take each other's place, over TCP and with their logs on disk. */
import { describe, expect, test } from 'vitest'
import { waitFor } from '../harness/waiting.ts'
import { adminOf, brisk, failureOf, join, parts, start } from './administration.ts'
import { value } from './machines.ts'
import type { CounterServer } from './servers.ts'

describe('a server that joins', () => {
  test('waits, learns, and votes in the end', async () => {
    const three = await start(3, 4)
    const client = three.client()
    for (let i = 0; i < 30; i++) await client.propose({ add: 1 })
    const d = await join(three, 'd')
    expect(d.status()).toMatchObject({ part: 'joining', role: 'follower', term: 0 })
    const told: string[] = []
    const onProgress = (line: string): number => told.push(line)
    const admin = adminOf(three)
    const address = three.addresses['d'] as string
    const view = await admin.addServer('d', address, { onProgress })
    expect(parts(view)).toEqual(['a voter', 'b voter', 'c voter', 'd voter'])
    expect(view.members.find(({ id }) => id === 'd')?.address).toBe(address)
    const steps = told.filter((line) => /^(takes|gives)/.test(line))
    expect(steps).toEqual(['takes in d as a learner', 'gives d a vote'])
    expect(d.status()).toMatchObject({ part: 'voter', voters: expect.arrayContaining(['d']) })
    expect(await d.propose({ add: 1 })).toBe(31)
    expect(await d.query(value)).toBe(31)
    // Told again, it is a wish that has come true already.
    const again = await admin.addServer('d', address, { onProgress })
    expect(again.index).toBe(view.index)
  })

  test('stays a learner where it is to have no vote, until it is promoted', async () => {
    const three = await start(3, 4)
    const d = await join(three, 'd')
    const admin = adminOf(three)
    const address = three.addresses['d'] as string
    expect(parts(await admin.addServer('d', address, { votes: false }))).toContain('d learner')
    await three.client().propose({ add: 7 })
    await waitFor('the learner to have it', () => three.machines.get('d')?.value === 7)
    expect(d.status().part).toBe('learner')
    expect(parts(await admin.promoteServer('d'))).toContain('d voter')
  })

  test('is still what it was after a restart', async () => {
    const three = await start(3, 4)
    await join(three, 'd')
    const admin = adminOf(three)
    await admin.addServer('d', three.addresses['d'] as string)
    await three.client().propose({ add: 5 })
    await three.close('d')
    const d = await join(three, 'd')
    expect(d.status()).toMatchObject({ part: 'voter' })
    expect(await d.query(value)).toBe(5)
  })

  test('is found by servers that began before it and come back', async () => {
    const three = await start(3, 4)
    await join(three, 'd')
    const admin = adminOf(three)
    await admin.addServer('d', three.addresses['d'] as string)
    await admin.removeServer('c')
    await three.client().propose({ add: 5 })
    for (const id of ['a', 'b', 'c', 'd']) await three.close(id)
    // Those two were told at first of c, and not of d; and d of nobody.
    const { a = '', b = '', c = '' } = three.addresses
    for (const id of ['a', 'b']) await three.open(id, { servers: { a, b, c }, raft: brisk })
    const d = await join(three, 'd')
    await three.client().propose({ add: 1 })
    await waitFor('d to follow', () => three.machines.get('d')?.value === 6)
    expect(await d.query(value)).toBe(6)
  })

  test('and does not answer: it is said where it was looked for', async () => {
    const three = await start(3, 4)
    const admin = adminOf(three)
    const address = three.addresses['d'] as string
    const settings = { stallTimeoutMs: 300 }
    const error = await failureOf(admin.addServer('d', address, settings))
    expect(error).toMatchObject({ code: 'TIMEOUT', outcome: 'unknown' })
    expect(error.message).toContain(`d has not answered yet at ${address}`)
    expect(parts(await admin.members())).toContain('d learner')
    // Where it runs at last, the same wish goes on from here.
    await join(three, 'd')
    expect(parts(await admin.addServer('d', address))).toContain('d voter')
    expect(parts(await admin.removeServer('d'))).toEqual(['a voter', 'b voter', 'c voter'])
  })
})

describe('a server that goes', () => {
  test('is told so, and disturbs nobody', async () => {
    const three = await start(3, 3)
    const client = three.client()
    const leader = await three.leader()
    const gone = [...three.running.values()].find((server) => server !== leader) as CounterServer
    const told: number[] = []
    gone.on('removed', ({ index }) => told.push(index))
    const view = await adminOf(three).removeServer(gone.id)
    expect(view.members.map(({ id }) => id)).not.toContain(gone.id)
    await waitFor('it to be told', () => told.length > 0)
    expect(told).toEqual([view.index])
    expect(gone.status()).toMatchObject({ part: 'removed', role: 'follower' })
    // It knows so after a restart, too, and stands for no election.
    await three.close(gone.id)
    const again = await three.open(gone.id)
    const roles: string[] = []
    again.on('role', ({ role }) => roles.push(role))
    expect(again.status().part).toBe('removed')
    const { term } = leader.status()
    await client.propose({ add: 1 })
    expect(leader.status()).toMatchObject({ term, role: 'leader' })
    expect(parts(await adminOf(three).removeServer(gone.id))).toEqual(parts(view))
    // A name that was typed should be one.
    const error = await failureOf(adminOf(three).removeServer(gone.id, { known: true }))
    expect(error.message).toContain(`${gone.id} is not a member: the members are `)
    expect(roles.filter((role) => role !== 'follower')).toEqual([])
  })

  test('and leads: it hands over first', async () => {
    const three = await start(3, 3)
    const leader = await three.leader()
    const told: string[] = []
    const onProgress = (line: string): number => told.push(line)
    const view = await adminOf(three).removeServer(leader.id, { onProgress })
    expect(view.leaderId).not.toBe(leader.id)
    const steps = told.filter((line) => /^(has|removes)/.test(line))
    expect(steps[0]).toBe(`has ${leader.id} hand over the leadership`)
    expect(steps).toContain(`removes ${leader.id}`)
    expect(await three.client().propose({ add: 1 })).toBe(1)
  })

  test('is refused where those that stay could decide nothing', async () => {
    const three = await start(3, 3)
    const leader = await three.leader()
    const [dead, alive] = ['a', 'b', 'c'].filter((id) => id !== leader.id) as [string, string]
    await three.client().propose({ add: 1 })
    await three.close(dead)
    const admin = adminOf(three)
    await waitFor('its silence to be long enough', async () => {
      const { members, electionTimeoutMaxMs } = await admin.members()
      return (members.find(({ id }) => id === dead)?.silentMs ?? 0) > electionTimeoutMaxMs
    })
    const error = await failureOf(admin.removeServer(alive))
    expect(error).toMatchObject({ code: 'REFUSED' })
    expect(error.message).toContain(`without an answer from ${dead}`)
    expect(parts(await admin.members())).toEqual(['a voter', 'b voter', 'c voter'])
    // The dead one can go, and then so can the other.
    await admin.removeServer(dead)
    expect(parts(await admin.removeServer(alive))).toEqual([`${leader.id} voter`])
    const last = await failureOf(admin.removeServer(leader.id))
    expect(last.message).toContain('the only voter')
  })
})

describe('replaceServer', () => {
  test('all servers of a cluster, one after the other, while clients write', async () => {
    const six = await start(3, 6)
    const client = six.client()
    let isOver = false
    let sum = 0
    const writing = (async (): Promise<number> => {
      for (; !isOver; sum++) await client.propose({ add: 1 })
      return client.propose({ add: 0 })
    })()
    const admin = adminOf(six)
    for (const [old, id] of [
      ['a', 'd'],
      ['b', 'e'],
      ['c', 'f'],
    ] as const) {
      await join(six, id)
      await admin.replaceServer(old, id, six.addresses[id] as string)
      await six.close(old)
    }
    expect(parts(await admin.members())).toEqual(['d voter', 'e voter', 'f voter'])
    const before = sum
    await waitFor('writes at the new servers', () => sum > before + 10)
    isOver = true
    // Each write was answered, and has happened once.
    expect(await writing).toBe(sum)
    for (const server of six.running.values()) expect(await server.query(value)).toBe(sum)
  })

  test('a dead server has a living one in its place', async () => {
    const three = await start(3, 4)
    const client = three.client()
    await client.propose({ add: 3 })
    const leader = await three.leader()
    await three.close(leader.id)
    await join(three, 'd')
    const address = three.addresses['d'] as string
    const view = await adminOf(three).replaceServer(leader.id, 'd', address)
    const stay = ['a', 'b', 'c', 'd'].filter((id) => id !== leader.id)
    expect(parts(view)).toEqual(stay.map((id) => `${id} voter`))
    expect(await client.propose({ add: 1 })).toBe(4)
    // The wish has come true: who is gone is not missed.
    expect(await adminOf(three).replaceServer(leader.id, 'd', address)).toMatchObject({
      index: view.index,
    })
  })

  test('nonsense is refused, and changes nothing', async () => {
    const three = await start(3, 4)
    const admin = adminOf(three)
    const before = await admin.members()
    const free = three.addresses['d'] as string
    const taken = three.addresses['b'] as string
    for (const [wish, why] of [
      [() => admin.replaceServer('x', 'd', free), 'x is not a member: the members are'],
      [() => admin.replaceServer('a', 'a', free), 'a cannot take its own place'],
      [() => admin.addServer('d', taken), `b is at ${taken} already`],
      [() => admin.addServer('a', free), 'a is a member already, at'],
      [() => admin.promoteServer('d'), 'd is not a member'],
      [() => admin.transferLeadership('d'), 'd is no voter'],
      [() => admin.addServer('d', 'nowhere'), 'address must have addresses like host:port'],
    ] as const) {
      const error = await wish().then(() => null, String)
      expect(error).toContain(why)
    }
    expect((await admin.members()).index).toBe(before.index)
  })
})
