/**
 * A store as its users have it: three `kontiki serve`, and `kontiki kv` and `kontiki status` with
 * them, while a leader is killed, everything is started again, and what is asked for cannot be.
 */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Ended, until } from './running.ts'
import { Store } from './store.ts'

interface StatusJson {
  readonly leader: { readonly id: string; readonly term: number } | null
  readonly servers: readonly {
    readonly id: string
    readonly lag: number | null
    readonly status: {
      readonly role: string
      readonly term: number
      readonly digest: string
    } | null
    readonly error: { readonly code: string } | null
  }[]
}

const done = (stdout: string): Partial<Ended> => ({ status: 0, stdout, stderr: '' })

async function kv(store: Store, ...args: readonly string[]): Promise<Ended> {
  return store.run(['kv', ...args])
}

async function statusOf(store: Store, ...more: readonly string[]): Promise<[StatusJson, Ended]> {
  const ended = await store.run(['status', '--json', '--timeout', '1s', ...more])
  return [JSON.parse(ended.stdout) as StatusJson, ended]
}

describe('a store of three', () => {
  let store: Store
  beforeAll(async () => {
    store = await Store.make()
    await store.startAll()
  }, 60_000)
  afterAll(() => store.remove())

  test('has what was put, and nothing else', async () => {
    expect(await kv(store, 'put', 'color', 'green')).toMatchObject({
      ...done(expect.stringMatching(/^version 1 index \d+\n$/) as unknown as string),
    })
    expect(await kv(store, 'get', 'color')).toMatchObject(done('green\n'))
    expect(await kv(store, 'get', 'shape')).toMatchObject({
      status: 3,
      stdout: '',
      stderr: 'kontiki kv: shape is not there\n',
    })
    for (const consistency of ['linearizable', 'lease']) {
      const { stdout } = await kv(store, 'get', 'color', '--consistency', consistency, '--raw')
      expect(stdout).toBe('green')
    }
    // A follower has it a moment later.
    let stale: Ended
    do stale = await kv(store, 'get', 'color', '--consistency', 'stale')
    while (stale.status === 3)
    expect(stale).toMatchObject(done('green\n'))
  })

  test('changes under conditions, and says what is there instead', async () => {
    await kv(store, 'put', 'lock', 'ada', '--expect-version', '0')
    const again = await kv(store, 'put', 'lock', 'eve', '--expect-version', '0', '--json')
    expect(again.status).toBe(3)
    expect(JSON.parse(again.stdout)).toMatchObject({
      kind: 'conflict',
      key: 'lock',
      current: { version: 1 },
    })
    expect(again.stderr).toMatch(/^kontiki kv: conflict: lock has version 1 index \d+; nothing .*/)
    expect((await kv(store, 'cas', 'lock', 'eve', 'bob')).status).toBe(3)
    expect((await kv(store, 'cas', 'lock', 'ada', 'bob')).status).toBe(0)
    const { modificationIndex } = JSON.parse((await kv(store, 'get', 'lock', '--json')).stdout)
    const index = String(modificationIndex)
    expect((await kv(store, 'delete', 'lock', '--expect-index', '1')).status).toBe(3)
    expect((await kv(store, 'get', 'lock')).stdout).toBe('bob\n')
    expect(await kv(store, 'delete', 'lock', '--expect-index', index)).toMatchObject(
      done('deleted\n'),
    )
    expect((await kv(store, 'delete', 'lock')).status).toBe(3)
  })

  test('counts, and appends', async () => {
    expect((await kv(store, 'incr', 'hits')).stdout).toBe('1\n')
    expect((await kv(store, 'incr', 'hits', '41')).stdout).toBe('42\n')
    expect((await kv(store, 'incr', 'hits', '-50')).stdout).toBe('-8\n')
    await kv(store, 'append', 'story', 'once ')
    await kv(store, 'append', 'story', 'upon')
    expect((await kv(store, 'get', 'story')).stdout).toBe('once upon\n')
    const { status, stderr } = await kv(store, 'incr', 'story')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^kontiki kv: incr story failed, and nothing was changed: .*number.*\n$/)
  })

  test('keeps any bytes, from standard input and in encodings', async () => {
    const bytes = randomBytes(70_000)
    const file = join(store.workplace.folder, 'bytes.bin')
    writeFileSync(file, bytes)
    const base64 = bytes.toString('base64')
    await store.run(['kv', 'put', 'text', '-'], 'two\nlines\0\u00fc')
    expect((await kv(store, 'get', 'text', '--raw')).stdout).toBe('two\nlines\0\u00fc')
    await kv(store, 'put', 'bytes', '--encoding', 'base64', '--', base64)
    const read = JSON.parse((await kv(store, 'get', 'bytes', '--json')).stdout)
    expect(read).toMatchObject({ value: base64, encoding: 'base64' })
    const hex = (await kv(store, 'get', 'bytes', '--encoding', 'hex')).stdout
    expect(hash(Buffer.from(hex.trimEnd(), 'hex'))).toBe(hash(bytes))
    expect((await kv(store, 'list', 'text')).stdout).toBe('text\ttwo\\nlines\\x00\u00fc\n')
    expect((await kv(store, 'put', 'dash', '--', '-x')).status).toBe(0)
    expect((await kv(store, 'get', 'dash')).stdout).toBe('-x\n')
  })

  test('lists by prefix, a part at a time', async () => {
    for (const name of ['p/1', 'p/2', 'p/3', 'q/1']) await kv(store, 'put', name, `of ${name}`)
    expect((await kv(store, 'list', 'p/')).stdout).toBe('p/1\tof p/1\np/2\tof p/2\np/3\tof p/3\n')
    const part = await kv(store, 'list', 'p/', '--limit', '2', '--keys-only')
    expect(part).toMatchObject({
      status: 0,
      stdout: 'p/1\np/2\n',
      stderr: 'kontiki kv: there are more; go on with --after "p/2"\n',
    })
    const rest = await kv(store, 'list', 'p/', '--after', 'p/2', '--json')
    expect(JSON.parse(rest.stdout)).toEqual({
      kind: 'page',
      entries: [expect.objectContaining({ key: 'p/3', value: 'of p/3', encoding: 'text' })],
      next: null,
    })
    expect(rest.stderr).toBe('')
  })

  test('shows all its servers, also where one alone was named', async () => {
    const leader = await store.leader()
    const [seen, { status }] = await statusOf(store)
    expect(status).toBe(0)
    expect(seen.leader?.id).toBe(leader)
    expect(seen.servers.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    for (const { id, lag, status: of } of seen.servers) {
      expect(of?.role).toBe(id === leader ? 'leader' : 'follower')
      expect(lag).toBeLessThan(3)
    }
    const only = store.addresses.get('b') as string
    const table = (await store.run(['status', '--servers', only])).stdout.split('\n')
    expect(table[0]).toMatch(/^server +address +state +term +leader +commitIndex +lastApplied +lag/)
    expect(table.slice(1, 4).map((line) => line[0])).toEqual(['b', 'a', 'c'])
    expect(table[5]).toMatch(new RegExp(`^${leader} leads in term \\d+, with 3 of 3 voters$`))
  })

  test.each<[readonly string[], number, RegExp]>([
    [['get', 'k', '--servers', 'none.txt'], 1, /^kontiki kv: cannot read none\.txt: .*\n$/],
    [['put', 'k', '--encoding', 'hex', '0g'], 1, /^kontiki kv: "0g" is not hex\n$/],
    [['put', 'k', '--encoding', 'base64', '%%'], 1, /^kontiki kv: "%%" is not base64\n$/],
    [['put', '', 'v'], 1, /^kontiki kv: put {2}failed, and nothing was changed: .*\n$/],
    [['get'], 2, /^kontiki: missing required argument 'key'\nkontiki: see kontiki kv --help\n$/],
    [['put', 'k'], 2, /^kontiki: missing required argument 'value'\n.*\n$/],
    [['put', 'k', 'v', '--expect-version', 'x'], 2, /whole number from 0 to \d+\.\n.*\n$/],
    [['put', 'k', 'v', '--expect-version', '1', '--expect-index', '1'], 2, /cannot be used with/],
    [['cas', 'k', '-', '-'], 2, /^kontiki: only the new value can be standard input\n.*\n$/],
    [['incr', 'k', '1.5'], 2, /It must be a whole number/],
    [['get', 'k', '--consistency', 'strong'], 2, /Allowed choices are linearizable, lease, stale/],
    [['get', 'k', '--timeout', 'soon'], 2, /It must be a time such as 5s or 250ms/],
    [['list', '--limit', '0'], 2, /It must be a whole number from 1 to/],
    [['sing'], 2, /^kontiki: unknown command 'sing'/],
  ])('bad input, told in a line or two: %j', async (args, status, complaint) => {
    const ended = await kv(store, ...args)
    expect(ended.stderr).toMatch(complaint)
    expect([ended.status, ended.stdout]).toEqual([status, ''])
  })

  test('an input longer than a value is refused before it is sent', async () => {
    const { status, stderr } = await store.run(['kv', 'put', 'k', '-'], 'x'.repeat(512_001))
    expect(stderr).toBe("kontiki kv: standard input has more than 512000 bytes, a value's most\n")
    expect(status).toBe(1)
  })
})

describe('a store whose servers are killed', () => {
  let store: Store
  beforeEach(async () => {
    store = await Store.make()
  })
  afterEach(() => store.remove())

  test('goes on with a new leader, and with all that was answered', async () => {
    await store.startAll()
    for (let i = 1; i <= 3; i++) expect((await kv(store, 'incr', 'n')).stdout).toBe(`${i}\n`)
    const killed = await store.leader()
    // Under way while the leader dies, and right after: no error reaches the user.
    const during = [kv(store, 'incr', 'n'), kv(store, 'put', 'k', 'v')]
    await store.kill(killed)
    expect((await Promise.all([...during, kv(store, 'get', 'n')])).map(({ stderr }) => stderr)) //
      .toEqual(['', '', ''])
    expect((await kv(store, 'incr', 'n')).stdout).toBe('5\n')
    const [seen, { status }] = await statusOf(store)
    expect(status).toBe(0)
    expect(seen.leader?.id).not.toBe(killed)
    const dead = seen.servers.find(({ id }) => id === killed)
    expect(dead).toMatchObject({ status: null, lag: null, error: { code: 'UNREACHABLE' } })
    await store.start(killed)
    await until(
      () => /becomes follower in term \d+: \w leads/.test(store.running.get(killed)?.stderr ?? ''),
      () => store.running.get(killed)?.stderr ?? '',
    )
    expect((await kv(store, 'cas', 'n', '5', '6')).status).toBe(0)
    await expectAgreement(store)
  })

  test('has everything after all of them were killed', async () => {
    await store.startAll()
    await kv(store, 'put', 'k', 'kept')
    await kv(store, 'incr', 'n', '7')
    await Promise.all(['a', 'b', 'c'].map((name) => store.kill(name)))
    await store.startAll()
    expect((await kv(store, 'get', 'k')).stdout).toBe('kept\n')
    expect((await kv(store, 'incr', 'n')).stdout).toBe('8\n')
  })

  test('without a majority says so, and what is certain', async () => {
    await store.startAll()
    await kv(store, 'put', 'first', 'v')
    await Promise.all(['a', 'b', 'c'].map((name) => store.kill(name)))
    await store.start('a')
    const short = ['--timeout', '400ms']
    const put = await kv(store, 'put', 'k', 'v', ...short, '--json')
    expect(put.status).toBe(1)
    expect(JSON.parse(put.stdout)).toMatchObject({
      error: { code: 'TIMEOUT', outcome: 'notApplied' },
    })
    expect(put.stderr).toMatch(/^kontiki kv: put k failed, and nothing was changed: .*400 ms.*\n$/)
    const get = await kv(store, 'get', 'k', ...short)
    expect([get.status, get.stdout]).toEqual([1, ''])
    expect(get.stderr).toMatch(/^kontiki kv: get k failed: the query was not answered .*\n$/)
    const { status, stdout } = await store.run(['status'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^no leader: nobody says .*; 1 of 3 voters answer$/m)
    expect(stdout).toMatch(/^b +127\.0\.0\.1:\d+ +unreachable$/m)
    await store.kill('a')
    const none = await store.run(['status'])
    expect([none.status, none.stderr]).toEqual([1, ''])
    expect(none.stdout).toMatch(/^no leader: no server answers$/m)
  })

  test('a leader that stands still is silent, and another one leads', async () => {
    await store.startAll()
    await kv(store, 'put', 'k', 'v')
    const stopped = await store.leader()
    store.running.get(stopped)?.child.kill('SIGSTOP')
    expect((await kv(store, 'append', 'k', 'w')).status).toBe(0)
    const [seen, { status }] = await statusOf(store, '--timeout', '300ms')
    expect(status).toBe(0)
    expect(seen.leader?.id).not.toBe(stopped)
    const silent = seen.servers.find(({ id }) => id === stopped)
    expect(silent).toMatchObject({ status: null, error: { code: 'TIMEOUT' } })
    store.running.get(stopped)?.child.kill('SIGCONT')
    expect((await kv(store, 'get', 'k')).stdout).toBe('vw\n')
    await expectAgreement(store)
  })
})

/** Soon all servers have applied the same, and one leads. */
async function expectAgreement(store: Store): Promise<void> {
  let seen: StatusJson | null = null
  const agree = (): boolean =>
    seen?.leader !== null &&
    new Set(seen?.servers.map(({ status }) => status?.digest)).size === 1 &&
    seen?.servers.every(({ lag }) => lag === 0) === true
  for (const deadline = Date.now() + 20_000; !agree() && Date.now() < deadline; ) {
    seen = (await statusOf(store))[0]
  }
  expect(agree(), JSON.stringify(seen)).toBe(true)
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
