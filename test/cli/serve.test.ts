/** `kontiki serve`: how it starts, speaks and ends; what the store does is store.test.ts's. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ElectionLines } from '../../src/cli/serve/election-lines.ts'
import { raftDefaults } from '../../src/library/server-options.ts'
import { Store, said } from './store.ts'

let store: Store
beforeEach(async () => {
  store = await Store.make()
})
afterEach(() => store.remove())

describe('a server', () => {
  test('says where it listens, and ends in order on SIGTERM', async () => {
    const run = await store.start('a')
    const address = store.addresses.get('a') as string
    expect(run.stderr).toContain(
      `kontiki serve: listening on ${address}: a, to found a cluster, data in data-a\n`,
    )
    run.child.kill('SIGTERM')
    const { status, signal, stdout, stderr } = await run.ended
    expect([status, signal, stdout]).toEqual([0, null, ''])
    expect(stderr).toMatch(/^kontiki serve: stops: SIGTERM$/m)
    // The directory and the port are given back: the next one has them at once.
    const again = await store.start('a')
    again.child.kill('SIGINT')
    expect((await again.ended).status).toBe(0)
  })

  test('stands for election after as long as an embedded one, unless told otherwise', async () => {
    store = await Store.make(['only'])
    const timeouts = async (): Promise<unknown> => {
      const { stdout } = await store.run(['status', '--json'])
      return JSON.parse(stdout).servers[0].status.electionTimeoutMs
    }
    await store.startIn({ KONTIKI_ELECTION_TIMEOUT: undefined }, 'only')
    const { electionTimeoutMinMs, electionTimeoutMaxMs } = raftDefaults
    expect(await timeouts()).toEqual([electionTimeoutMinMs, electionTimeoutMaxMs])
    await store.kill('only')
    await store.start('only', '--election-timeout', '300ms')
    expect(await timeouts()).toEqual([300, 600])
  })

  test('with --log json each line is an object', async () => {
    store = await Store.make(['only'])
    const run = await store.start('only', '--log', 'json')
    await said(run, /"role":"leader"/)
    run.child.kill('SIGTERM')
    const events = (await run.ended).stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const event of events) {
      expect(event).toMatchObject({ server: 'only', time: expect.stringMatching(/^\d{4}-.*Z$/) })
    }
    const address = store.addresses.get('only')
    expect(events[0]).toMatchObject({ event: 'listening', address })
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'role', role: 'leader', term: 1, why: expect.any(String) }),
    )
    expect(events.at(-1)).toMatchObject({ event: 'stopping', signal: 'SIGTERM' })
  })

  test('takes the list from a file, and its options from the environment', async () => {
    const lines = [...store.addresses].map(([name, address]) => `${name} = ${address}`)
    writeFileSync(join(store.workplace.folder, 'servers.txt'), `# all\n\n${lines.join('\r\n')}\n`)
    const run = store.workplace.start(['serve'], {
      KONTIKI_ID: 'b',
      KONTIKI_SERVERS: 'servers.txt',
      KONTIKI_DATA_DIR: 'elsewhere',
      KONTIKI_JOIN: '1',
    })
    await said(run, /listening on/)
    expect(run.stderr).toContain(
      `${store.addresses.get('b')}: b, waits to be taken in (kontiki member add), data in`,
    )
  })

  test('listens where it is told to, and is known by its address', async () => {
    const [name] = store.addresses.keys()
    const [here] = (await Store.make(['x'])).addresses.values()
    const run = await store.start(name as string, '--listen', here as string)
    expect(run.stderr).toContain(`listening on ${here}, known as ${store.addresses.get('a')}: a,`)
  })
})

describe('a second server', () => {
  test('of the same directory is refused in one line', async () => {
    const first = await store.start('a')
    const args = store.serveArguments('b').map((arg) => (arg === 'data-b' ? 'data-a' : arg))
    const { status, stdout, stderr } = await store.run(args)
    expect(stderr).toBe(
      'kontiki serve: the data directory data-a is in use by process ' +
        `${first.child.pid}; stop it first, or give this server a directory of its own\n`,
    )
    expect([status, stdout]).toEqual([1, ''])
  })

  test('of the same port is refused in one line', async () => {
    await store.start('a')
    const args = store.serveArguments('a').map((arg) => (arg === 'data-a' ? 'data-b' : arg))
    const { status, stderr } = await store.run(args)
    expect(stderr).toMatch(/^kontiki serve: .*port \d+ of 127\.0\.0\.1 is in use; .*\n$/)
    expect(status).toBe(1)
  })

  test("with another's directory is refused in one line", async () => {
    const first = await store.start('a')
    first.child.kill('SIGTERM')
    await first.ended
    const args = store.serveArguments('b').map((arg) => (arg === 'data-b' ? 'data-a' : arg))
    const { status, stderr } = await store.run(args)
    expect(stderr).toMatch(/^kontiki serve: .*data-a belongs to server a, not to b; .*\n$/)
    expect(status).toBe(1)
  })
})

describe('bad input is one line and status 1', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['a name that is not listed', ['--id', 'q'], /q is not one of the servers: a, b, c\n/],
    ['a file that is not there', ['--servers', 'none.txt'], /cannot read none\.txt: ENOENT: .*\n/],
    ['an address that is none', ['--servers', 'a=x:99999'], /a port is a number .*\n/],
    ['an address without a port', ['--servers', 'a=./x'], /cannot read a=\.\/x: .*\n/],
    ['a name twice', ['--servers', 'a=x:1,a=x:2'], /a is named twice\n/],
    ['an address twice', ['--servers', 'a=x:1,b=x:1'], /b and a have the same address\n/],
    ['a server without a name', ['--servers', 'a=x:1,x:2'], /x:2 has no name.*\n/],
    ['a list of nobody', ['--servers', 'empty.txt'], /empty\.txt names no server\n/],
    [
      'a file for a directory',
      ['--data-dir', 'empty.txt'],
      /cannot use the data dir.*is there, and is not a directory\n/,
    ],
    [
      'an address to listen on that is none',
      ['--listen', 'here'],
      /listen must .*'here' is none\n/,
    ],
    ['a cluster with a space', ['--cluster-id', 'my own'], /clusterId must .*'my own' is none\n/],
    ['segments of no whole sector', ['--segment-bytes', '20001'], /segmentBytes .*\n/],
  ])('%s', async (_what, args, complaint) => {
    writeFileSync(join(store.workplace.folder, 'empty.txt'), '# nobody\n')
    const { status, stdout, stderr } = await store.run([...store.serveArguments('a'), ...args])
    expect(stderr).toMatch(new RegExp(`^kontiki serve: .*${complaint.source}$`))
    expect([status, stdout]).toEqual([1, ''])
  })

  test('an empty directory, and nobody has said what to do with it', async () => {
    const args = store.serveArguments('a').filter((arg) => arg !== '--bootstrap')
    const { status, stdout, stderr } = await store.run(args)
    expect(stderr).toMatch(
      /^kontiki serve: --bootstrap or --join must .* data-a of server a is empty: --bootstrap /,
    )
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect([status, stdout]).toEqual([1, ''])
  })

  test.each(['false', '0', '', 'FALSE'])(
    'the environment says %j: no cluster is founded',
    async (no) => {
      const args = store.serveArguments('a').filter((arg) => arg !== '--bootstrap')
      const environment = { KONTIKI_BOOTSTRAP: no, KONTIKI_JOIN: no, KONTIKI_REFILL: no }
      const { status, stderr } = await store.run(args, '', environment)
      expect(stderr).toMatch(/^kontiki serve: --bootstrap or --join must .*\n$/)
      expect(status).toBe(1)
    },
  )

  test('a damaged directory is told by file and offset', async () => {
    mkdirSync(join(store.workplace.folder, 'data-a'))
    writeFileSync(join(store.workplace.folder, 'data-a', 'identity.json'), '{"broken')
    const { status, stderr } = await store.run(store.serveArguments('a'))
    expect(stderr).toMatch(/^kontiki serve: .*data-a\/identity\.json.*\n$/)
    expect(status).toBe(1)
  })
})

describe('wrong usage is status 2', () => {
  test.each<[readonly string[], string]>([
    [[], "required option '--id <name>' not specified"],
    [['--id', 'a'], "required option '--servers <list>' not specified"],
    [['--id', 'a', '--servers', 'a=x:1'], "required option '--data-dir <dir>' not specified"],
    [['--election-timeout', '1ms'], 'It must be a time such as 5s or 250ms, from 50ms to 1m.'],
    [['--heartbeat', 'often'], 'It must be a time such as 5s or 250ms, from 5ms to 30s.'],
    [['--lease-clock-drift', '1'], 'It must be a number from 0 to below 1'],
    [['--disk-silence', '1ms'], 'It must be a time such as 5s or 250ms, from 50ms to 10m.'],
    [['--log', 'xml'], 'Allowed choices are text, json.'],
  ])('%j', async (args, complaint) => {
    const { status, stdout, stderr } = await store.workplace.run(['serve', ...args])
    expect(stderr).toMatch(/^kontiki: .*\nkontiki: see kontiki serve --help\n$/)
    expect(stderr).toContain(complaint)
    expect([status, stdout]).toEqual([2, ''])
  })

  test('to found a cluster and to join one', async () => {
    const { status, stderr } = await store.run(store.serveArguments('a', '--join'))
    expect(stderr).toMatch(/^kontiki: .*'--bootstrap' cannot be used with option '--join'\n/)
    expect(status).toBe(2)
    const mixed = await store.run(store.serveArguments('a'), '', { KONTIKI_JOIN: 'true' })
    expect(mixed.stderr).toContain(
      "option '--bootstrap' cannot be used with environment variable 'KONTIKI_JOIN'\n",
    )
    expect(mixed.status).toBe(2)
  })

  test.each(['KONTIKI_BOOTSTRAP', 'KONTIKI_JOIN', 'KONTIKI_REFILL'])(
    '%s that is neither a yes nor a no',
    async (variable) => {
      const args = store.serveArguments('a').filter((arg) => arg !== '--bootstrap')
      const { status, stderr } = await store.run(args, '', { [variable]: 'maybe' })
      expect(stderr).toContain(`kontiki: ${variable} is "maybe"; it must be 1 or true, or else 0,`)
      expect(status).toBe(2)
    },
  )

  test('a heartbeat that is no faster than elections', async () => {
    const args = store.serveArguments('a', '--heartbeat', '200ms')
    const { status, stderr } = await store.run(args)
    expect(stderr).toMatch(/^kontiki: --heartbeat must be below --election-timeout\n/)
    expect(status).toBe(2)
  })
})

describe('elections in the log', () => {
  const candidacy = { role: 'preCandidate' as const, term: 3, why: 'the election timed out' }
  const line = 'becomes preCandidate in term 3: the election timed out'

  test('are said in full, then every ten seconds with their number', () => {
    const lines = new ElectionLines()
    const saying = [0, 1, 2, 3, 4, 10, 10.003, 20].map((s) => lines.line(candidacy, s * 1000))
    expect(saying).toEqual([
      ...[line, line, line, line, null, null, null],
      `${line} (no leader for 20 s, 8 candidacies)`,
    ])
  })

  test('are news again once there was a leader', () => {
    const lines = new ElectionLines()
    for (let i = 0; i < 10; i++) lines.line(candidacy, i)
    expect(lines.line(candidacy, 10)).toBe(null)
    lines.leaderIsKnown()
    expect(lines.line(candidacy, 11)).toBe(line)
    for (let i = 0; i < 10; i++) lines.line(candidacy, i)
    const leader = { role: 'leader' as const, term: 4, why: 'votes of a, b' }
    expect(lines.line(leader, 12)).toBe('becomes leader in term 4: votes of a, b')
    expect(lines.line(candidacy, 13)).toBe(line)
  })
})
