/** Snapshots of servers over TCP, with their logs on disk. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openServer } from '../../src/library/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { Counter, value } from './machines.ts'
import { Cluster } from './servers.ts'

let cluster: Cluster | null = null

afterEach(async () => {
  await cluster?.end()
  cluster = null
})

const settings = {
  snapshots: { logBytesMin: 20_000 },
  raft: { trailingEntriesMax: 10 },
  segmentBytes: 16 * 1024,
}

async function add(of: Cluster, count: number): Promise<void> {
  const [server] = [...of.running.values()]
  for (let done = 0; done < count; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => server?.propose({ add: 1 })))
  }
}

function snapshotsIn(of: Cluster, id: string): string[] {
  return readdirSync(join(of.directory, id)).filter((name) => name.endsWith('.snap'))
}

describe('a server with a directory', () => {
  test('takes snapshots and keeps no more log than it needs', async () => {
    cluster = await Cluster.start(3, settings)
    await add(cluster, 3000)
    for (const [id, server] of cluster.running) {
      await waitFor('the log to be trimmed', () => server.status().firstLogIndex > 1500)
      const directory = join(cluster.directory, id)
      await waitFor('the files to be few', () => {
        const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size)
        // 3000 entries are 128 sectors each at most, or some 200 kB of log at least.
        return sizes.reduce((sum, size) => sum + size, 0) < 150_000
      })
    }
  })

  test('comes back from its snapshot, and one that was away is sent it', async () => {
    cluster = await Cluster.start(3, settings)
    await add(cluster, 100)
    await cluster.close('c')
    expect(snapshotsIn(cluster, 'c')).toEqual([])
    await add(cluster, 1500)
    const back = await cluster.open('c', settings)
    await waitFor('the one that was away to have all of it', () => {
      return cluster?.machines.get('c')?.value === 1600
    })
    expect(snapshotsIn(cluster, 'c')).toHaveLength(1)
    expect(await back.query(value)).toBe(1600)
    for (const id of ['a', 'b', 'c']) await cluster.close(id)
    await Promise.all(['a', 'b', 'c'].map((id) => cluster?.open(id, settings)))
    const again = await cluster.leader()
    expect(await again.query(value)).toBe(1600)
    expect(await again.propose({ add: 1 })).toBe(1601)
  })

  test('does not open where its machine cannot read what it has written', async () => {
    cluster = await Cluster.start(1, settings)
    await add(cluster, 1000)
    await waitFor('a snapshot', () => snapshotsIn(cluster as Cluster, 'a').length > 0)
    await cluster.close('a')
    const picky = new Counter()
    picky.restore = () => {
      throw new Error('written by another version')
    }
    await expect(cluster.open('a', { ...settings, stateMachine: picky })).rejects.toThrow(
      'written by another version',
    )
    const server = await cluster.open('a', settings)
    expect(await server.query(value)).toBe(1000)
  })

  test('does not open on a damaged snapshot, and says where the damage is', async () => {
    cluster = await Cluster.start(1, settings)
    await add(cluster, 1000)
    await waitFor('a snapshot', () => snapshotsIn(cluster as Cluster, 'a').length > 0)
    await cluster.close('a')
    const name = snapshotsIn(cluster, 'a')[0] as string
    const file = join(cluster.directory, 'a', name)
    writeFileSync(file, Buffer.from([0xff]), { flag: 'r+' })
    await expect(cluster.open('a', settings)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(`${file} at offset 0`),
    })
  })

  test('wants options that can be', async () => {
    const given = { id: 'a', servers: { a: '127.0.0.1:0' }, storage: 'memory' } as const
    await expect(
      openServer({ ...given, stateMachine: new Counter(), snapshots: { logGrowth: -1 } }),
    ).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'logGrowth' })
  })
})
