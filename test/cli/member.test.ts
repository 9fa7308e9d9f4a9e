/**
 * `kontiki member` and `kontiki transfer` as operators use them, on servers that are processes of
 * their own. What every wish comes to is test/library/admin.test.ts's.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MembersAnswer } from '../../src/library/index.ts'
import { freePorts } from '../harness/free-ports.ts'
import type { Ended, Running } from './running.ts'
import { Store, said } from './store.ts'

let store: Store
beforeEach(async () => {
  store = await Store.make()
})
afterEach(() => store.remove())

function member(...args: readonly string[]): Promise<Ended> {
  return store.run(['member', ...args])
}

async function members(): Promise<MembersAnswer> {
  const { stdout } = await member('list', '--json')
  return JSON.parse(stdout) as MembersAnswer
}

/** A server that waits to be taken in, at a place of its own. */
async function join(name: string): Promise<[string, Running]> {
  const [port] = await freePorts(1)
  const place = `${name}=127.0.0.1:${port}`
  const args = ['serve', '--id', name, '--servers', place, '--data-dir', `data-${name}`, '--join']
  const run = store.workplace.start(args)
  await said(run, /listening on .*: d, waits to be taken in \(kontiki member add\), data in data-d/)
  return [place, run]
}

describe('kontiki member', () => {
  test('shows who takes part, takes a server in, hands over, and lets one go', async () => {
    await store.startAll()
    const [place, d] = await join('d')
    const added = await member('add', place)
    expect(added).toMatchObject({ status: 0 })
    expect(added.stderr).toMatch(/^kontiki member add: takes in d as a learner$/m)
    expect(added.stderr).toMatch(/^kontiki member add: gives d a vote$/m)
    expect(added.stdout).toMatch(/^server +address +part +entries +lag +answered$/m)
    expect(added.stdout).toMatch(/^d +127\.0\.0\.1:\d+ +voter +\d+ +\d+ +just now$/m)
    expect(added.stdout).toMatch(/^[abc] +\S+ +voter, leads +\d+ +0$/m)

    const passed = await store.run(['transfer', 'd', '--json'])
    expect(JSON.parse(passed.stdout)).toMatchObject({ leaderId: 'd' })

    const taken = await store.run(['snapshot', 'b', '--json'])
    expect(JSON.parse(taken.stdout)).toMatchObject({ id: 'b', snapshotIndex: expect.any(Number) })

    const removed = await member('remove', 'd', '--json')
    expect(removed.stderr).toContain('kontiki member remove: has d hand over the leadership\n')
    const { leaderId, members: left } = JSON.parse(removed.stdout) as MembersAnswer
    expect(left.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c'])
    expect(leaderId).not.toBe('d')
    await said(d, /is no member any more, by entry \d+: it stays quiet, and can be stopped/)
    d.child.kill('SIGTERM')
    expect((await d.ended).status).toBe(0)
  })

  test('replaces a server that is dead', async () => {
    await store.startAll()
    const { leaderId } = await members()
    await store.kill(leaderId)
    const [place] = await join('d')
    expect(await member('replace', leaderId, place)).toMatchObject({ status: 0 })
    const { members: now } = await members()
    expect(now.map(({ id }) => id)).not.toContain(leaderId)
    expect(now.find(({ id }) => id === 'd')).toMatchObject({ part: 'voter' })
  })

  test('what cannot be is one line, status 1; what is not understood, status 2', async () => {
    await store.startAll()
    expect(await member('promote', 'x')).toMatchObject({
      status: 1,
      stdout: '',
      // A leader that is new says first what it waits for.
      stderr: expect.stringMatching(
        /^(.* waits for .*\n)*kontiki member: x is not a member: the members are .*\n$/,
      ),
    })
    expect(await member('remove', 'x')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^kontiki member: x is not a member: the members are .*$/m),
    })
    for (const [args, why] of [
      [['add', 'd'], 'It must be a name and an address, such as d=host:5004.'],
      [['add', '127.0.0.1:5004'], 'It must be a name and an address, such as d=host:5004.'],
      [['replace', 'a'], "missing required argument 'server'"],
      [['remove', 'a', '--stall', 'soon'], 'It must be a time such as 5s or 250ms'],
      [['destroy'], "unknown command 'destroy'"],
    ] as const) {
      const { status, stderr } = await member(...args)
      expect(stderr).toContain(why)
      expect(status).toBe(2)
    }
  })

  test('says why nothing can be asked where nobody leads', async () => {
    await store.startAll()
    await store.leader()
    await Promise.all(['a', 'b', 'c'].map((name) => store.kill(name)))
    await store.start('a')
    const { status, stderr } = await member('list', '--timeout', '1s')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^kontiki member: .* within 1000 ms .*knows none.*\n$/)
  })
})

test('a cluster is replaced, server by server, and no write fails', async () => {
  const script = fileURLToPath(new URL('../../scripts/replace-cluster.mjs', import.meta.url))
  type Ending = readonly [status: number, stdout: string, stderr: string]
  const [status, stdout, stderr] = await new Promise<Ending>((resolve) => {
    const child = execFile(process.execPath, [script, '--json'], (_error, out, err) => {
      resolve([child.exitCode ?? -1, out, err])
    })
  })
  expect(stderr).toBe('')
  const said = JSON.parse(stdout)
  expect(said).toMatchObject({ voters: ['d', 'e', 'f'], failed: [], gapMaxMs: 1600 })
  // How long somebody waited is no matter of a test: on a machine that does other things as well a
  // leader loses its office whatever we do. The script's status says so, and is the evidence.
  expect(status).toBe(said.longestMs > said.gapMaxMs ? 1 : 0)
})
