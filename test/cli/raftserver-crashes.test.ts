/** What is left after kill -9, of one server and of all, and with a full disk (C14, C19). */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Cluster, hosts, withCluster } from '../harness/cluster.ts'
import { Program } from '../harness/program.ts'
import { waitFor } from '../harness/waiting.ts'

/** Every line is whole, and each index is there once, in order. */
function expectOrderly(cluster: Cluster, i: number): void {
  const lines = cluster.logFile(i).split('\n')
  expect(lines.pop()).toBe('')
  const indexes = lines.map((line) => Number(/^\d+,(\d+),[\w-]+$/.exec(line)?.[1]))
  expect(indexes).toEqual([...new Set(indexes)].sort((one, other) => one - other))
}

/** What the log files held was committed, and must be in every one of them for ever. */
function expectKept(cluster: Cluster, before: readonly string[]): void {
  const now = cluster.logFile(0)
  for (const text of before) {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    expect(now.startsWith(whole)).toBe(true)
  }
}

function everyLogFile(cluster: Cluster): string[] {
  return cluster.ids.map((_, i) => cluster.logFile(i))
}

/** A client that writes to a server for as long as it is let. */
function stream(cluster: Cluster, i: number): Program {
  const client = new Program('raftclient', { folder: cluster.folder, args: [cluster.id(i)] })
  client.type(...Array.from({ length: 20_000 }, (_, n) => `stream-${n}`))
  return client
}

describe('kill -9', () => {
  test('of the leader in full flow: the others go on, and it catches up later', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start()
      const killed = await cluster.leader()
      const others = [0, 1, 2].filter((i) => i !== killed)
      const client = stream(cluster, others[0] as number)
      try {
        await waitFor('commands flow', () => cluster.commands(killed).length > 500)
        await cluster.kill(killed)
        const before = everyLogFile(cluster)
        await cluster.commit('without-it', others[0])
        expect(others).toContain(await cluster.leader(others))
        await cluster.start(killed)
        await cluster.commit('with-it', killed)
        await client.kill()
        await cluster.commit('the-end', killed)
        await cluster.agreement((commands) => commands.includes('the-end'))
        expectKept(cluster, before)
        expectOrderly(cluster, killed)
        // What it writes is what it holds.
        await waitFor('its log and its log file agree', async () => {
          const commands = (await cluster.log(killed)).filter((line) => !line.endsWith(','))
          return commands.map((line) => `${line}\n`).join('') === cluster.logFile(killed)
        })
      } finally {
        await client.kill()
      }
    })
  })

  test('of the whole cluster, twice: nothing committed is lost or written twice', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      for (const round of ['first', 'second']) {
        await cluster.start()
        const client = stream(cluster, 0)
        try {
          const length = cluster.commands(0).length
          await waitFor('commands flow', () => cluster.commands(0).length > length + 300)
          const terms = await Promise.all(cluster.ids.map((_, i) => cluster.print(i)))
          await cluster.kill(0, 1, 2)
          const before = everyLogFile(cluster)
          // A crash may tear the last line.
          truncateSync(cluster.path(1, 'log'), (before[1] as string).length - 3)
          await cluster.start()
          await cluster.commit(round)
          await cluster.agreement((commands) => commands.includes(round))
          expectKept(cluster, before)
          expectOrderly(cluster, 1)
          const term = Math.max(...terms.map((fields) => Number(fields.get('currentTerm'))))
          expect(Number((await cluster.print(2)).get('currentTerm'))).toBeGreaterThan(term)
          await cluster.kill(0, 1, 2)
        } finally {
          await client.kill()
        }
      }
    })
  })

  test('a log file of another run is neither continued nor overwritten', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start()
      await cluster.leader()
      await cluster.commit('ours')
      await cluster.kill(2)
      const foreign = '1,2,theirs\n'
      writeFileSync(cluster.path(2, 'log'), foreign)
      const server = cluster.spawn(2)
      expect(await server.end()).toEqual({ status: 1, signal: null })
      const line = cluster.logFile(0).split('\n')[0]
      expect(server.errors.at(-1)).toBe(
        `raftserver: 127.0.0.1-${cluster.ports[2]}.log:1: the file has "1,2,theirs", but ` +
          `"${line}" was committed; the file is of another run: move it aside and start the ` +
          'server again',
      )
      expect(readFileSync(cluster.path(2, 'log'), 'utf8')).toBe(foreign)
    })
  })

  test('with --memory a server begins its log file anew, and is told all of it again', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start(0, 1)
      const server = cluster.spawn(2, { args: ['--memory'] })
      await server.says(/3 servers, data in memory$/)
      await cluster.leader([0, 1])
      await cluster.commit('before', 0, [0, 1, 2])
      await cluster.kill(2)
      writeFileSync(cluster.path(2, 'log'), 'left over from another run\n')
      const again = cluster.spawn(2, { args: ['--memory'] })
      await again.says(/listening/)
      await cluster.commit('after', 0, [0, 1, 2])
      await cluster.agreement((commands) => commands.includes('after'))
      expectOrderly(cluster, 2)
    })
  })
})

describe('a full disk', () => {
  const longCommand = 'x'.repeat(1200)
  const waitsForSpace = ({ errors }: Program): boolean => {
    return errors.some((line) => line.endsWith('its lines wait until there is some'))
  }

  test('keeps one server waiting; the others go on, and it comes back', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start(0, 1)
      const leader = await cluster.leader()
      // Its files may have 24 KiB: segments of 16 have room, 20 long commands in one file have not.
      const limited = cluster.spawn(2, {
        shell: 'trap "" XFSZ; ulimit -f 24',
        args: ['--segment-bytes', '16384'],
      })
      await limited.says(/listening/)
      for (let n = 0; n < 60; n++) {
        await cluster.commit(`${longCommand.slice(0, 1150)}-${n}`, leader, [0, 1])
      }
      await waitFor('it says what it waits for', () => waitsForSpace(limited))
      expect(limited.isRunning).toBe(true)
      expect(cluster.commands(2).length).toBeLessThan(60)
      await cluster.kill(2)
      await cluster.start(2)
      await cluster.commit('room-again', 2)
      await cluster.agreement((commands) => commands.includes('room-again'))
      expectOrderly(cluster, 2)
    })
  })

  test('of every server: when there is room again, every committed command is there', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      const servers = cluster.ids.map((_, i) =>
        cluster.spawn(i, {
          shell: `trap "" XFSZ; ulimit -f ${30 + 6 * i}`,
          args: ['--segment-bytes', '16384', ...(i === 0 ? ['--datagram-bytes', '65507'] : [])],
        }),
      )
      await Promise.all(servers.map((server) => server.says(/listening/)))
      await cluster.leader()
      const areFull = (): boolean => servers.every(waitsForSpace)
      for (let n = 0; !areFull() && n < 60; n++) {
        const command = `${longCommand.slice(0, 1100)}-${n}`
        for (const i of cluster.running) cluster.send(i, command)
        const isThere = (): boolean => areFull() || cluster.commands(2).includes(command)
        await waitFor('it is committed, or there is no room', isThere, 500).catch(() => {})
      }
      expect(areFull()).toBe(true)
      expect(servers.map(({ isRunning }) => isRunning)).toEqual([true, true, true])
      await cluster.kill(0, 1, 2)
      const before = everyLogFile(cluster)
      expect(Math.max(...before.map((text) => text.length))).toBeGreaterThan(10_000)
      await cluster.start()
      await cluster.commit('room-again')
      await cluster.agreement((commands) => commands.includes('room-again'))
      expectKept(cluster, before)
      expectOrderly(cluster, 0)
    })
  })
})
