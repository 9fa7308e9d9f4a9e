/** `kontiki inspect` and `kontiki diff`: what is said of data directories, whole and damaged. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compareLogs } from '../../src/cli/diff/comparison.ts'
import type { Entry } from '../../src/raft/index.ts'
import { entriesOf, makeDirectory } from './data-directory.ts'
import { type Ended, Workplace } from './running.ts'
import { Store } from './store.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

const all = ['1:noop', '1:register', '2:put', '2:members', '2:text', '3:bytes']

async function make(name: string, ...entries: readonly string[]): Promise<string> {
  const content = { serverId: name, currentTerm: 4, votedFor: 'b', entries: entriesOf(...entries) }
  await makeDirectory(join(workplace.folder, name), content)
  return name
}

/** Every file with its bytes and time. */
function snapshotOf(name: string): string[] {
  const folder = join(workplace.folder, name)
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const path = join(folder, file)
      return `${file} ${statSync(path).mtimeMs} ${readFileSync(path).toString('base64')}`
    })
}

function flip(name: string, file: string, offset: number): void {
  const path = join(workplace.folder, name, file)
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] as number) ^ 1
  writeFileSync(path, bytes)
}

const segment = 'segment-0000000001.log'

describe('inspect', () => {
  test('says what a directory holds, and changes nothing', async () => {
    await make('a', ...all)
    const before = snapshotOf('a')
    const { status, stdout, stderr } = await workplace.run(['inspect', 'a'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      new RegExp(
        [
          '^server: {4}a, log [0-9a-f]{16}',
          'term: {6}4, voted for b',
          'log: {7}entries 1 to 6 \\(6\\), the last of term 3',
          'members: {3}voters a b, learners c, since entry 4',
          'snapshot: {2}none',
          'segments: {2}\\d, \\d+ bytes',
          'checksums: right\n$',
        ].join('\n'),
      ),
    )
    expect(snapshotOf('a')).toEqual(before)
  })

  test('prints entries as JSON, each kind decoded', async () => {
    await make('a', ...all)
    const { stdout } = await workplace.run(['inspect', 'a', '--entries'])
    const entries = stdout.trimEnd().split('\n')
    expect(entries.map((line) => JSON.parse(line))).toEqual([
      { index: 1, term: 1, kind: 'noop', bytes: 0 },
      expect.objectContaining({
        ...{ index: 2, term: 1, kind: 'session' },
        session: { kind: 'register', timeMs: 5, rules: expect.any(Object) },
      }),
      expect.objectContaining({
        index: 3,
        session: {
          ...{ kind: 'request', timeMs: 6, clientId: 2, sequenceNum: 1, lowestUnanswered: 1 },
          command: { kind: 'put', key: 'color', value: { text: 'green' }, expected: null },
        },
      }),
      expect.objectContaining({
        kind: 'configuration',
        configuration: {
          ...{ voters: ['a', 'b'], votersOld: null, learners: ['c'] },
          addresses: { a: 'h:1' },
        },
      }),
      { index: 5, term: 2, kind: 'command', command: { text: '{"mine":1}' }, bytes: 10 },
      { index: 6, term: 3, kind: 'command', command: { base64: '//4=' }, bytes: 2 },
    ])
    const some = await workplace.run(['inspect', 'a', '--entries', '--from', '2', '--to', '3'])
    expect(some.stdout).toBe(`${entries.slice(1, 3).join('\n')}\n`)
  })

  test('names the file and the offset of damage, and shows the rest', async () => {
    await make('a', ...all)
    flip('a', segment, 600)
    const { status, stdout, stderr } = await workplace.run(['inspect', 'a'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^server: {4}a,/)
    expect(stdout).toMatch(/^log: {7}damaged$/m)
    expect(stdout).toMatch(/^checksums: WRONG, see below$/m)
    expect(stderr).toMatch(
      new RegExp(`^kontiki inspect: a/${segment} at offset 512: frame 1 is .*damaged.*\n$`),
    )
    const json = await workplace.run(['inspect', 'a', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      log: null,
      identity: { serverId: 'a' },
      problems: [expect.stringContaining('at offset 512')],
    })
    expect((await workplace.run(['inspect', 'a', '--entries'])).stdout).toBe('')
  })

  test('says of a write that was not finished that it will be cut', async () => {
    await make('a', '1:noop')
    // Behind the one frame and its seal.
    const path = join(workplace.folder, 'a', segment)
    const bytes = readFileSync(path)
    bytes.fill(7, 1536, 1600)
    writeFileSync(path, bytes)
    const before = snapshotOf('a')
    const { status, stdout } = await workplace.run(['inspect', 'a'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^note: +a\/segment-0000000001\.log at offset \d+: .*cut.*$/m)
    expect(snapshotOf('a')).toEqual(before)
  })

  test('refuses what it cannot read, in one line', async () => {
    await make('a', '1:noop')
    writeFileSync(join(workplace.folder, 'file'), '')
    const refusals: [readonly string[], RegExp][] = [
      [['none'], /^kontiki inspect: cannot read none: ENOENT: no such file or directory\n$/],
      [['file'], /^kontiki inspect: cannot read file: it is no directory\n$/],
    ]
    for (const [args, complaint] of refusals) {
      const { status, stdout, stderr } = await workplace.run(['inspect', ...args])
      expect(stderr).toMatch(complaint)
      expect([status, stdout]).toEqual([1, ''])
    }
    expect((await workplace.run(['inspect'])).status).toBe(2)
    expect(await workplace.run(['inspect', '.'])).toMatchObject({
      status: 0,
      stdout: '. holds no log\n',
    })
  })
})

describe('inspect and a running server', () => {
  let store: Store
  beforeEach(async () => {
    store = await Store.make(['a'])
    await store.start('a')
  })
  afterEach(() => store.remove())

  test('a directory in use is refused, or shown as it is at the moment', async () => {
    expect((await store.run(['kv', 'put', 'k', 'v'])).status).toBe(0)
    const pid = store.running.get('a')?.child.pid
    const { status, stderr } = await store.run(['inspect', 'data-a'])
    expect(stderr).toMatch(
      new RegExp(`^kontiki inspect: data-a is in use by process ${pid}; .* with --live\n$`),
    )
    expect(await store.run(['recover', 'data-a'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `kontiki recover: data-a is in use by process ${pid}; stop it first\n`,
    })
    expect(status).toBe(1)
    const live = await store.run(['inspect', 'data-a', '--live', '--entries'])
    expect(live.status).toBe(0)
    expect(live.stdout).toContain('"command":{"kind":"put","key":"k","value":{"text":"v"}')
    await store.kill('a')
    // What the dead have left of their lock does not count, and stays where it is.
    const left = readdirSync(join(store.workplace.folder, 'data-a'))
    expect((await store.run(['inspect', 'data-a'])).status).toBe(0)
    expect(readdirSync(join(store.workplace.folder, 'data-a'))).toEqual(left)
  })

  test('what serve refuses beside a log is a problem, by its name', async () => {
    expect((await store.run(['kv', 'put', 'k', 'v'])).status).toBe(0)
    await store.kill('a')
    const damages = { 'identity.json': null, 'cluster.json': null, 'starts.json': 'no record' }
    for (const [name, content] of Object.entries(damages)) {
      const path = join(store.workplace.folder, 'data-a', name)
      const whole = readFileSync(path)
      if (content === null) rmSync(path)
      else writeFileSync(path, content)
      const { status, stdout, stderr } = await store.run(['inspect', 'data-a'])
      expect([status, stderr]).toEqual([1, expect.stringContaining(name)])
      expect(stdout).not.toContain('checksums: right')
      expect((await store.run(['recover', 'data-a'])).stderr).toContain(name)
      writeFileSync(path, whole)
    }
    expect((await store.run(['inspect', 'data-a'])).status).toBe(0)
  })
})

describe('diff', () => {
  const diff = (...args: readonly string[]): Promise<Ended> => workplace.run(['diff', ...args])

  test('of logs that are the same, as far as both go', async () => {
    await make('a', ...all)
    await make('b', ...all.slice(0, 4))
    const before = [snapshotOf('a'), snapshotOf('b')]
    expect(await diff('a', 'b')).toMatchObject({
      status: 0,
      stderr: '',
      stdout:
        'the same from 1 to 4, which is all that both have\n' +
        'a: entries 1 to 6, the last of term 3; in term 4\n' +
        'b: entries 1 to 4, the last of term 2; in term 4\n',
    })
    expect([snapshotOf('a'), snapshotOf('b')]).toEqual(before)
  })

  test('tells the first index at which they differ, and what each has', async () => {
    await make('a', '1:noop', '1:x', '2:noop', '2:y')
    await make('b', '1:noop', '1:x', '3:noop')
    const { status, stdout } = await diff('a', 'b')
    expect(status).toBe(1)
    expect(stdout.split('\n')).toEqual([
      'they differ from entry 3 on',
      'a: {"index":3,"term":2,"kind":"noop","bytes":0}',
      'b: {"index":3,"term":3,"kind":"noop","bytes":0}',
      'a: entries 1 to 4, the last of term 2; in term 4',
      'b: entries 1 to 3, the last of term 3; in term 4',
      'the terms differ, so what one of them has from there on was never committed',
      '',
    ])
    const json = JSON.parse((await diff('b', 'a', '--json')).stdout)
    expect(json).toMatchObject({ kind: 'different', index: 3, breaksMatching: false })
    expect(json.entries[0]).toMatchObject({ index: 3, term: 3 })
  })

  test('says when no two correct servers can have what is there', async () => {
    await make('a', '1:noop', '1:x')
    await make('b', '1:noop', '1:y')
    const { status, stdout } = await diff('a', 'b')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^they differ from entry 2 on$/m)
    expect(stdout).toMatch(/no two correct servers of one cluster can have this\n$/)
  })

  test('of a damaged directory, or none, is one line', async () => {
    await make('a', ...all)
    await make('b', ...all)
    flip('b', segment, 600)
    const damaged = await diff('a', 'b')
    expect(damaged.stderr).toMatch(/^kontiki diff: b\/segment-0000000001\.log at offset 512: .*\n$/)
    expect([damaged.status, damaged.stdout]).toEqual([1, ''])
    expect((await diff('a', '.')).stderr).toBe('kontiki diff: . holds no log\n')
    expect((await diff('a')).status).toBe(2)
  })
})

describe('logs are compared', () => {
  const log = (entries: readonly Entry[], from = 1) => {
    const last = entries.at(-1) as Entry
    const kept = entries.slice(from - 1)
    return { entries: kept, lastIndex: last.index, lastTerm: last.term }
  }

  test('where both have entries, though a snapshot covers the rest', () => {
    const one = entriesOf('1:a', '1:b', '1:c', '2:d')
    const other = entriesOf('1:a', '1:b', '1:c', '3:e')
    expect(compareLogs(log(one, 3), log(other))).toMatchObject({ kind: 'different', index: 4 })
    expect(compareLogs(log(other), log(one, 3))).toMatchObject({ kind: 'different', index: 4 })
    expect(compareLogs(log(one, 3), log(other.slice(0, 3)))).toEqual({
      ...{ kind: 'same', from: 3, to: 3 },
    })
    expect(compareLogs(log(one, 4), log(other.slice(0, 2)))).toEqual({ kind: 'apart' })
    expect(compareLogs(log(one, 5), log(other))).toEqual({ kind: 'apart' })
  })

  test('by their terms as well, where they hold the same', () => {
    const [one, other] = [entriesOf('1:a', '2:noop'), entriesOf('1:a', '3:noop')]
    expect(compareLogs(log(one), log(other))).toMatchObject({ kind: 'different', index: 2 })
  })

  test('and a difference below an agreement breaks what Raft promises', () => {
    const one = entriesOf('1:a', '2:b', '3:c')
    const other = entriesOf('1:a', '1:x', '3:c')
    expect(compareLogs(log(one), log(other))).toMatchObject({ index: 2, breaksMatching: true })
    const third = entriesOf('1:a', '1:x', '1:y')
    expect(compareLogs(log(one), log(third))).toMatchObject({ index: 2, breaksMatching: false })
  })
})
