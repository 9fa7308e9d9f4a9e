/** raftserver as its user meets it: a cluster of three with the defaults, by its own commands. */
import { describe, expect, test } from 'vitest'
import { calmArgs, hosts, withCluster } from '../harness/cluster.ts'
import { Program } from '../harness/program.ts'
import { waitFor } from '../harness/waiting.ts'

test('three servers write what clients send, the same everywhere (C12, C14, C15)', async () => {
  await withCluster({ hosts: hosts(3), args: [] }, async (cluster) => {
    await cluster.start()
    await cluster.leader()
    const sent = [0, 1, 2].map((i) => Array.from({ length: 200 }, (_, n) => `client${i}-${n}`))
    const ends = await Promise.all(
      sent.map((commands, i) => cluster.client(i, commands.map((line) => `${line}\n`).join(''))),
    )
    expect(ends).toEqual(ends.map(() => ({ status: 0, signal: null, errors: [] })))
    await cluster.commit('the-end')
    const commands = await cluster.agreement((written) => written.includes('the-end'))
    const distinct = new Set(commands)
    // An election in between may lose some, and nothing else may; nothing comes from nowhere.
    expect(distinct.size).toBeGreaterThan(300)
    expect([...distinct].filter((one) => one !== 'the-end' && !sent.flat().includes(one))).toEqual(
      [],
    )
    const lines = cluster.logFile(0).trimEnd().split('\n')
    expect(lines.filter((line) => !/^[1-9]\d*,[1-9]\d*,[\w-]+$/.test(line))).toEqual([])
    const indexes = lines.map((line) => Number(line.split(',')[1]))
    expect(indexes).toEqual([...new Set(indexes)].sort((one, other) => one - other))
  })
})

test('print, log, counters, help: answers, and nothing but answers (C16, C17)', async () => {
  await withCluster({ hosts: hosts(3) }, async (cluster) => {
    await cluster.start()
    await cluster.leader()
    await cluster.commit('insert')
    // Asked anew until one leads and everything has arrived: an election may come in between.
    const { leader, fields, others } = await waitFor('all of it is replicated', async () => {
      const leader = await cluster.leader()
      const others = cluster.ids.filter((id) => id !== cluster.id(leader))
      const fields = await cluster.print(leader)
      const index = fields.get('commitIndex')
      const matched = others.map((id) => `${id}=${index}`).join(' ')
      return fields.get('matchIndex') === matched && { leader, fields, others }
    })
    const term = fields.get('currentTerm')
    const index = Number(fields.get('commitIndex'))
    expect([...fields]).toEqual([
      ['server', cluster.id(leader)],
      ['state', 'leader'],
      ['currentTerm', term],
      ['votedFor', cluster.id(leader)],
      ['leaderId', cluster.id(leader)],
      ['commitIndex', `${index}`],
      ['lastApplied', `${index}`],
      ['nextIndex', others.map((id) => `${id}=${index + 1}`).join(' ')],
      ['matchIndex', others.map((id) => `${id}=${index}`).join(' ')],
    ])
    const follower = (leader + 1) % 3
    await waitFor('another says that it follows', async () => {
      const theirs = await cluster.print(follower)
      expect(theirs.get('nextIndex')).toBe('-')
      expect(theirs.get('matchIndex')).toBe('-')
      return (
        theirs.get('state') === 'follower' && cluster.ids.includes(theirs.get('leaderId') ?? '')
      )
    })

    const log = await cluster.log(leader)
    expect(log[0]).toMatch(/^[1-9]\d*,1,$/)
    expect(log[index - 1]).toMatch(new RegExp(`^\\d+,${index},(insert)?$`))
    expect(log.filter((line) => /^\d+,\d+,insert$/.test(line)).length).toBeGreaterThan(0)
    const counters = await Promise.all([0, 1, 2].map((i) => cluster.counters(i)))
    const appended = counters.map((one) => one.get('commandsAppended') ?? Number.NaN)
    expect(appended.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)

    const server = cluster.server(follower)
    server.output.length = 0
    server.type('help', 'Print', '')
    await server.says(/^raftserver: unknown command "Print"; there are print, log, suspend/)
    expect(server.output.map((line) => line.split(' ')[0])).toEqual([
      'print',
      'log',
      'suspend',
      'resume',
      'counters',
      'help',
      'exit',
    ])
    expect(server.errors.filter((line) => !line.startsWith('raftserver: '))).toEqual([])
  })
})

test('suspend and resume: a failed leader comes back as a follower (C13)', async () => {
  await withCluster({ hosts: hosts(3) }, async (cluster) => {
    await cluster.start()
    const failed = await cluster.leader()
    const others = [0, 1, 2].filter((i) => i !== failed)
    cluster.server(failed).type('suspend')
    await cluster.server(failed).says(/^raftserver: suspended$/)
    const before = await cluster.print(failed)
    expect(before.get('state')).toBe('failed')
    expect(before.get('nextIndex')).toBe('-')
    await cluster.leader(others)
    // By now it has overheard who leads, and passes on what clients send to it.
    await cluster.commit('through-a-failed-server', failed, others)
    const after = await cluster.print(failed)
    for (const field of ['currentTerm', 'votedFor', 'commitIndex', 'lastApplied']) {
      expect([field, after.get(field)]).toEqual([field, before.get(field)])
    }
    expect(others.map((i) => cluster.id(i))).toContain(after.get('leaderId'))

    cluster.server(failed).type('resume', 'print')
    const resumed = new Map(
      (await cluster.server(failed).answer()).map(
        (line) => line.split(': ', 2) as [string, string],
      ),
    )
    expect(resumed.get('state')).toBe('follower')
    // Unless it has heard of a later term already.
    if (resumed.get('currentTerm') === before.get('currentTerm')) {
      expect(resumed.get('votedFor')).toBe(before.get('votedFor'))
    }
    await cluster.agreement((commands) => commands.includes('through-a-failed-server'), [0, 1, 2])
  })
})

describe('the end', () => {
  test('exit, SIGTERM and SIGINT end it; the end of its input does not (C16)', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start()
      await cluster.leader()
      cluster.server(0).child.stdin?.end('suspend\r\nresume\r\nprint')
      await cluster.server(0).answer()
      await cluster.commit('still-there', 0)
      cluster.server(1).type('exit', 'print')
      cluster.server(2).child.kill('SIGTERM')
      expect(await cluster.server(1).end()).toEqual({ status: 0, signal: null })
      expect(cluster.server(1).output).toEqual([])
      expect(await cluster.server(2).end()).toEqual({ status: 0, signal: null })
      cluster.server(0).child.kill('SIGINT')
      expect(await cluster.server(0).end()).toEqual({ status: 0, signal: null })
    })
  })

  test('a server whose supervisor has vanished ends too', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      const server = cluster.spawn(0)
      await server.says(/listening/)
      server.child.disconnect()
      expect(await server.end()).toEqual({ status: 0, signal: null })
    })
  })

  test('output that nobody reads any more does not stop it', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start()
      cluster.server(0).child.stdout?.destroy()
      cluster.server(0).type('print', 'help', 'print')
      await cluster.commit('unread', 0)
      expect(cluster.server(0).isRunning).toBe(true)
    })
  })
})

test('a file with CRLF, blanks and no last newline; other paths (C2, C14, C19)', async () => {
  const list = (ids: readonly string[]): string => `\n  ${ids.join(' \r\n\r\n\t')}  `
  await withCluster({ hosts: hosts(3), list }, async (cluster) => {
    const server = cluster.spawn(0, { args: ['--log-file', 'my.txt', '--data-dir', 'a/b/c'] })
    const line = await server.says(/listening/)
    expect(line).toBe(`raftserver: listening on ${cluster.id(0)}, 3 servers, data in a/b/c`)
    await cluster.start(1, 2)
    cluster.send(0, 'elsewhere')
    await cluster.commit('everywhere', 1, [1, 2])
    // Blanks around the name on the command line mean as little as in the file.
    const { folder, listFile } = cluster
    await server.kill()
    const again = new Program('raftserver', {
      folder,
      args: [` ${cluster.id(0)} `, listFile, ...calmArgs, '--data-dir', 'a/b/c'],
    })
    try {
      await again.says(/listening/)
      await waitFor('its log file is whole', () => cluster.logFile(0) === cluster.logFile(1))
    } finally {
      await again.kill()
    }
  })
})
