/** Leadership that passes on, and snapshots that are asked for, over TCP and with logs on disk. */
import { describe, expect, test } from 'vitest'
import { waitFor } from '../harness/waiting.ts'
import { adminOf, failureOf, start } from './administration.ts'
import type { CounterServer } from './servers.ts'

describe('takeSnapshot', () => {
  test('the server that is asked has everything in a snapshot, durably', async () => {
    const three = await start(3, 3)
    const client = three.client()
    for (let i = 0; i < 20; i++) await client.propose({ add: 1 })
    const leader = await three.leader()
    const asked = [...three.running.values()].find((server) => server !== leader) as CounterServer
    expect(asked.status().snapshotIndex).toBe(0)
    const admin = adminOf(three)
    await waitFor('it to have all', () => three.machines.get(asked.id)?.value === 20)
    const { lastApplied } = asked.status()
    const taken = await admin.takeSnapshot(asked.address)
    expect(taken).toMatchObject({ kind: 'snapshot', id: asked.id })
    expect(taken.snapshotIndex).toBeGreaterThanOrEqual(lastApplied)
    expect(asked.status().snapshotIndex).toBe(taken.snapshotIndex)
    // Only the one that was asked; and again, where there is nothing new.
    expect(leader.status().snapshotIndex).toBe(0)
    expect(await admin.takeSnapshot(asked.address)).toEqual(taken)
    await three.close(asked.id)
    expect((await three.open(asked.id)).status().snapshotIndex).toBe(taken.snapshotIndex)
  })

  test('nobody answers there: it is said', async () => {
    const three = await start(1, 2)
    const nowhere = three.addresses['b'] as string
    const error = await failureOf(adminOf(three).takeSnapshot(nowhere, { timeoutMs: 400 }))
    expect(error.message).toContain(nowhere)
  })
})

describe('leadership', () => {
  test('passes to whom it is given', async () => {
    const three = await start(3, 3)
    const admin = adminOf(three)
    const first = await three.leader()
    const other = ['a', 'b', 'c'].find((id) => id !== first.id) as string
    expect(await admin.transferLeadership(other)).toMatchObject({ leaderId: other })
    expect(await admin.transferLeadership(other)).toMatchObject({ leaderId: other })
    expect((await admin.transferLeadership(null)).leaderId).not.toBe(other)
  })

  test('a leader that is closed hands over: nobody waits for an election timeout', async () => {
    const three = await start(3, 3)
    const client = three.client()
    await client.propose({ add: 1 })
    const leader = await three.leader()
    const candidacies: string[] = []
    for (const server of three.running.values()) {
      server.on('role', ({ role, why }) => {
        if (role === 'candidate' || role === 'preCandidate') candidacies.push(why)
      })
    }
    await three.close(leader.id)
    expect(candidacies).toEqual([`${leader.id} hands over`])
    expect(await client.propose({ add: 1 })).toBe(2)
  })

  test('one that is alone, or is followed by nobody any more, can be closed as well', async () => {
    const three = await start(3, 3)
    const leader = await three.leader()
    for (const id of ['a', 'b', 'c']) if (id !== leader.id) await three.close(id)
    await three.close(leader.id)
    expect(three.running.size).toBe(0)
  })

  test('an operation is taken back by its signal', async () => {
    const three = await start(3, 4)
    const controller = new AbortController()
    const settings = { signal: controller.signal, onProgress: () => controller.abort('enough') }
    const error = await failureOf(
      adminOf(three).addServer('d', three.addresses['d'] as string, settings),
    )
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough' })
  })
})
