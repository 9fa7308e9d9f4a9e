/** `kontiki recover`: what it says of the directories that are left, and what it makes of them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { planRecovery, type Survivor } from '../../src/cli/recover/plan.ts'
import { NodeDisk, ReadOnlyDisk } from '../../src/disk/index.ts'
import { decodeConfiguration, type Entry, makeConfiguration } from '../../src/raft/index.ts'
import {
  type Inspection,
  incarnationOfLog,
  inspectDirectory,
  snapshotContent,
} from '../../src/storage/index.ts'
import { writeTermBound } from '../../src/storage/term-bound.ts'
import { entriesOf, makeDirectory, snapshotBytes } from './data-directory.ts'
import { type Ended, Workplace } from './running.ts'
import { Store } from './store.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

const recover = (...args: readonly string[]): Promise<Ended> => workplace.run(['recover', ...args])

async function make(serverId: string, ...entries: readonly string[]): Promise<void> {
  const content = { serverId, currentTerm: 4, votedFor: 'b', entries: entriesOf(...entries) }
  await makeDirectory(join(workplace.folder, serverId), content)
}

function look(name: string): Inspection {
  return inspectDirectory(new ReadOnlyDisk(join(workplace.folder, name)), crc32)
}

function bytesOf(name: string): string[] {
  const folder = join(workplace.folder, name)
  return readdirSync(folder).map((file) => {
    return `${file} ${readFileSync(join(folder, file)).toString('base64')}`
  })
}

function confirmationIn({ stdout }: Ended): string {
  return /--confirm (\S+)\n$/.exec(stdout)?.[1] ?? ''
}

const where = ['--into', 'new', '--address', 'h:1']

describe('without a confirmation', () => {
  test('it shows what is there, what would be lost, and changes nothing', async () => {
    await make('b', '1:three', '1:x', '2:y')
    const before = bytesOf('b')
    const { status, stdout, stderr } = await recover('b', ...where)
    expect([status, stderr]).toEqual([0, ''])
    const [title, row, , ...lines] = stdout.split('\n')
    expect(title).toMatch(/^server +directory +term +last entry +snapshot$/)
    expect(row).toMatch(/^b +b +4 +3@2 +none +is used: no other has more$/)
    expect(lines.slice(0, 4)).toEqual([
      'the voters were a, b, c; of a, c there is no directory here',
      'LOST is whatever was committed after entry 3 of term 2, if anything was: only a, c know',
      'kept is everything up to entry 3 of term 2, committed or not',
      'the new cluster has a new id and one voter, b; b stays as it is',
    ])
    expect(stdout).toMatch(/\nnothing has been done\. .*\n.* --confirm b-3@2-[0-9a-f]{6}\n$/)
    expect(bytesOf('b')).toEqual(before)
    expect(existsSync(join(workplace.folder, 'new'))).toBe(false)
  })

  test('of several it takes the latest log, and says if nothing is lost', async () => {
    await make('a', '1:four', '1:x', '1:y')
    await make('c', '1:four', '2:x')
    const { stdout } = await recover('a', 'c')
    expect(stdout).toMatch(/^a +a +4 +3@1 +none$/m)
    expect(stdout).toMatch(/^c +c +4 +2@2 +none +is used/m)
    expect(stdout).toMatch(/^the voters were a, b, c, d; of b, d there is no directory here$/m)
    expect(stdout).toMatch(/^nothing that was committed is lost: /m)
  })

  test('of a log that ends within a change it names the voters before and after', async () => {
    await make('a', '1:x', '1:joint')
    await make('c', '1:x')
    const { stdout } = await recover('a', 'c')
    expect(stdout).toContain(
      '\nthe voters were changing from a, b, c to a, b, d; of b, d there is no directory here\n' +
        'LOST is whatever was committed after entry 2 of term 1, if anything was: only b, d know\n',
    )
  })

  test('it refuses where there is no need, or where directories do not fit', async () => {
    await make('a', '1:three', '1:x')
    await make('b', '1:three')
    await make('n', '1:noop')
    await make('d', '1:three')
    const segment = join(workplace.folder, 'd', 'segment-0000000001.log')
    const bytes = readFileSync(segment)
    bytes[600] = (bytes[600] as number) ^ 1
    writeFileSync(segment, bytes)
    const refusals: [readonly string[], string | RegExp][] = [
      [['a', 'b'], 'a, b are a majority: no quorum is lost; start these servers'],
      [['a', 'a'], 'a and a are both of server a'],
      [['n'], 'n does not say who votes'],
      [['.'], '. holds no log'],
      [['none'], 'cannot read none: ENOENT: no such file or directory'],
      [['d'], /^d is damaged, leave it out: d\/segment-0000000001\.log at offset 512: /],
      [
        ['a', '--confirm', 'yes', ...where],
        /^--confirm yes is not what is asked for: a-2@1-\w{6}$/,
      ],
    ]
    for (const [args, complaint] of refusals) {
      const { status, stdout, stderr } = await recover(...args)
      const told = stderr.replace(/^kontiki recover: /, '').trimEnd()
      if (typeof complaint === 'string') expect(told).toBe(complaint)
      else expect(told).toMatch(complaint)
      expect([status, stdout]).toEqual([1, ''])
    }
    expect(readdirSync(workplace.folder)).not.toContain('new')
  })
})

describe('with its confirmation', () => {
  test('it makes a directory with all that was there, in which one server votes', async () => {
    const content = {
      ...{ serverId: 'b', currentTerm: 7, votedFor: 'c' },
      entries: entriesOf('1:a', '1:b', '2:x', '3:y').slice(2),
      snapshot: { lastIndex: 2, lastTerm: 1 },
    }
    await makeDirectory(join(workplace.folder, 'b'), content)
    const before = bytesOf('b')
    const confirmation = confirmationIn(await recover('b'))
    const { status, stdout } = await recover('b', ...where, '--confirm', confirmation)
    expect(status).toBe(0)
    const made = look('new')
    expect(stdout).toContain(`new is server b of the new cluster ${made.cluster.value?.clusterId}.`)
    expect(made.identity.value?.serverId).toBe('b')
    expect(made.identity.value?.logId).not.toBe(look('b').identity.value?.logId)
    expect(made.snapshot.value).toEqual(look('b').snapshot.value)
    const copied = snapshotContent(
      new ReadOnlyDisk(join(workplace.folder, 'new')),
      made.snapshot.value as NonNullable<typeof made.snapshot.value>,
      crc32,
    )
    expect(Buffer.compare(Buffer.concat([...copied]), snapshotBytes)).toBe(0)
    const log = made.log.value
    expect(log).toMatchObject({ currentTerm: 8, votedFor: 'b', lastIndex: 5, lastTerm: 8 })
    expect(log?.entries.slice(0, 2)).toEqual(content.entries)
    const last = log?.entries.at(-1) as Entry
    expect(decodeConfiguration(last.command)).toMatchObject({
      ...{ voters: ['b'], votersOld: null, learners: [] },
      addresses: new Map([['b', 'h:1']]),
      incarnations: new Map([['b', expect.any(Number)]]),
    })
    expect(bytesOf('b')).toEqual(before)
  })

  test('it writes into nothing that is in use, and needs to know where', async () => {
    await make('b', '1:three')
    const confirm = ['--confirm', confirmationIn(await recover('b'))]
    mkdirSync(join(workplace.folder, 'new'))
    writeFileSync(join(workplace.folder, 'new', 'thesis.txt'), 'mine')
    expect((await recover('b', ...where, ...confirm)).stderr).toBe(
      'kontiki recover: new is not empty\n',
    )
    expect((await recover('b', ...confirm)).stderr).toBe(
      'kontiki recover: --into and --address have to be given with --confirm\n',
    )
    const nowhere = await recover('b', '--into', 'other', '--address', 'h', ...confirm)
    expect(nowhere.stderr).toMatch(/^kontiki recover: h: a server is named host:port\n$/)
    writeFileSync(join(workplace.folder, 'file'), '')
    const file = await recover('b', '--into', 'file', '--address', 'h:1', ...confirm)
    expect(file.stderr).toBe('kontiki recover: cannot use --into file: ENOTDIR: not a directory\n')
    const nameless = await recover('b', '--id', 'a b', '--into', 'other', ...confirm)
    expect(nameless.stderr).toContain('"a b" is no name for a server; a name is letters, digits,')
    expect([nameless.status, nameless.stdout]).toEqual([2, ''])
    expect(readdirSync(join(workplace.folder, 'new'))).toEqual(['thesis.txt'])
  })
})

describe('a cluster that has lost its majority', () => {
  let store: Store
  beforeEach(async () => {
    store = await Store.make()
  })
  afterEach(() => store.remove())

  test('goes on as a new one, with what one server had, and refuses the old one', async () => {
    await store.startAll()
    expect((await store.run(['kv', 'incr', 'n', '41'])).status).toBe(0)
    const survivor = await store.leader()
    const address = store.addresses.get(survivor) as string
    const others = [...store.addresses.keys()].filter((name) => name !== survivor)
    const inUse = await store.run(['recover', `data-${survivor}`])
    expect(inUse.stderr).toMatch(/^kontiki recover: data-\w is in use by process \d+; .*\n$/)
    for (const name of store.addresses.keys()) await store.kill(name)
    const directory = `data-${survivor}`
    const confirmation = confirmationIn(await store.run(['recover', directory]))
    const place = ['--into', 'new', '--address', address, '--confirm', confirmation]
    expect((await store.run(['recover', directory, ...place])).status).toBe(0)
    const only = ['--servers', `${survivor}=${address}`]
    const serve = ['serve', '--id', survivor, ...only, '--data-dir', 'new']
    const run = store.workplace.start(serve)
    expect((await store.run(['kv', 'incr', 'n', ...only])).stdout).toBe('42\n')
    // One of the old cluster comes back: neither takes the other for one of its own.
    const [old] = others as [string]
    await store.start(old)
    expect((await store.run(['kv', 'incr', 'n', ...only])).stdout).toBe('43\n')
    const { status, stdout } = await store.run(['status', ...only])
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${survivor} leads in term \\d+, with 1 of 1 voters$`, 'm'))
    run.child.kill('SIGTERM')
    expect((await run.ended).status).toBe(0)
  })
})

test('a directory that was given up, and is not filled, stands for no voter', async () => {
  await make('a', '1:three', '1:x', '2:y')
  const { identity, log } = look('a')
  const logId = identity.value?.logId as string
  const disk = new NodeDisk(join(workplace.folder, 'a'))
  const lastTerm = log.value?.lastTerm as number
  const isLeftOut = async (refillTerm: number, isClearing = false): Promise<boolean> => {
    writeTermBound(disk, logId, { below: 99, refillTerm, isClearing }, crc32)
    const { stderr } = await recover('a')
    return stderr.includes('a was given up for damage, and is not filled: leave it out')
  }
  expect(await isLeftOut(lastTerm + 1)).toBe(true)
  const { stdout } = await workplace.run(['inspect', 'a'])
  expect(stdout).toContain(`it votes once it has an entry of term ${lastTerm + 1} or later`)
  expect(await isLeftOut(lastTerm)).toBe(false)
  expect(await isLeftOut(0)).toBe(false)
  expect(await isLeftOut(0, true)).toBe(true)
})

/** Of a directory's contents, what a plan is made of. */
function survivorWith(serverId: string, parts: Partial<Survivor>, lastIndex: number): Survivor {
  return {
    path: `data-${serverId}`,
    serverId,
    logId: serverId.repeat(32),
    clusterId: 'x',
    log: { currentTerm: 2, lastIndex, lastTerm: 1 } as Survivor['log'],
    inspection: {} as Inspection,
    configuration: null,
    ...parts,
  }
}

describe('where the latest log ends within a change of the voters', () => {
  const planOf = (
    [votersOld, voters]: readonly [string, string],
    left: string,
  ): ReturnType<typeof planRecovery> => {
    const configuration = makeConfiguration([...voters], [...votersOld], [], new Map())
    return planRecovery([...left].map((id, i) => survivorWith(id, { configuration }, 9 - i)))
  }

  test.each([
    // b and d may have committed the new configuration, and everything behind it, alone.
    [['abc', 'abd'], 'ac', false],
    // b and c may have elected one that has not got the change, and gone on as before.
    [['abc', 'abd'], 'ad', false],
    [['abcd', 'abcdef'], 'ab', false],
    // The new group cannot do without them; b and c, who are the old one's majority, can.
    [['abc', 'abcde'], 'ade', false],
    // No majority of either is without one of them.
    [['abcd', 'abef'], 'ab', true],
    [['abcd', 'abc'], 'ab', true],
    [['abcde', 'abcdef'], 'abc', true],
  ] as const)('from and to %j, with %s left: nothing is lost: %s', (change, left, expected) => {
    expect(planOf(change, left).losesNothing).toBe(expected)
  })
})

test('a directory that its server has left for another stands for no voter', () => {
  const logs = { a: 'a0'.repeat(16), c: 'c0'.repeat(16), old: '0c'.repeat(16) }
  const incarnations = new Map([
    ['a', incarnationOfLog(logs.a)],
    ['c', incarnationOfLog(logs.c)],
  ])
  const configuration = {
    ...makeConfiguration(['a', 'b', 'c', 'd'], null, [], new Map()),
    incarnations,
  }
  const survivor = (serverId: string, logId: string, lastIndex: number): Survivor => {
    const path = `data-${logId.slice(0, 2)}`
    return survivorWith(serverId, { path, logId, configuration }, lastIndex)
  }
  const a = survivor('a', logs.a, 9)
  expect(planRecovery([a, survivor('c', logs.c, 5)]).losesNothing).toBe(true)
  expect(() => planRecovery([a, survivor('c', logs.old, 5)])).toThrow(
    "data-0c is no member's directory any more: c has been taken in with another one since",
  )
})
