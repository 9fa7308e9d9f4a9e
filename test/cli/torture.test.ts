/** Tortures of real servers: ones that are whole, and ones that are broken in known ways. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Ended, until, Workplace } from './running.ts'

const program = fileURLToPath(new URL('torture-server.mjs', import.meta.url))

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

function foldersLeft(): string[] {
  return readdirSync(workplace.folder).filter((name) => name.startsWith('kontiki-torture-'))
}

interface Result {
  readonly verdict: string
  readonly problems: readonly string[]
  readonly faults: Readonly<Record<string, number>>
  readonly linearizable: string
  readonly increments: { readonly acknowledged: number }
  readonly serials: { readonly acknowledged: number }
  readonly folder: string
}

/** A torture of servers with a defect, and what came out. */
async function tortured(defect: string, args: readonly string[]): Promise<Ended & Result> {
  const seed = ['--seconds', '3', '--seed', 'one', '--program', program, '--json']
  const ended = await workplace.run(['torture', ...seed, ...args], '', { DEFECT: defect })
  expect(ended.stderr).toBe('')
  return { ...ended, ...(JSON.parse(ended.stdout) as Result) }
}

describe('a torture', () => {
  test('of whole servers passes, and leaves nothing behind', async () => {
    const args = ['--seconds', '4', '--seed', 'one', '--program', program]
    const { status, stdout, stderr } = await workplace.run(['torture', ...args])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^4 s, 3 servers, 4 clients; seed one\nfolder \S+\n\n/)
    expect(stdout).toMatch(/^append +\d+ +0 +\d+ +\d+$/m)
    expect(stdout).toMatch(/^increments: [1-9]\d* acknowledged, \d+ unknown \(\d+ happened\)/m)
    expect(stdout).toMatch(/^serial numbers: [1-9]\d* acknowledged/m)
    expect(stdout).toMatch(/^[1-9]\d* faults: .*\b[a-z]+ [1-9]/m)
    expect(stdout).toMatch(/^longest time without a successful write: \d+\.\d s$/m)
    expect(stdout).toMatch(/\nlinearizable: ok\nverdict: passed\n$/)
    expect(status).toBe(0)
    expect(foldersLeft()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('with members that come and go passes too', async () => {
    const faults = ['--faults', 'kill,reset']
    const args = ['--seconds', '12', '--seed', 'one', '--churn', ...faults]
    // A leader that keeps its office on a busy machine, so that logs grow in so short a time.
    const patient = { KONTIKI_ELECTION_TIMEOUT: '400ms' }
    const { status, stdout, stderr } = await workplace.run(['torture', ...args], '', patient)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^members: \d+ added, \d+ removed, [1-9]\d* replaced; /m)
    expect(stdout).toMatch(/^snapshots: [1-9]\d* taken, \d+ sent to new servers; /m)
    expect(stdout).toMatch(/\nlinearizable: ok\nverdict: passed\n$/)
    expect(status).toBe(0)
    expect(foldersLeft()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('keeps on request what others can check', async () => {
    const args = ['--seconds', '3', '--program', program, '--faults', 'reset', '--keep', '--json']
    const { stdout } = await workplace.run(['torture', ...args])
    const { verdict, faults, folder } = JSON.parse(stdout) as Result
    expect(verdict).toBe('passed')
    expect(Object.entries(faults).filter(([, count]) => count > 0)).toEqual([
      ['reset', expect.any(Number)],
    ])
    const { status, stdout: said } = await workplace.run(['check', join(folder, 'history.jsonl')])
    expect(said).toMatch(/history\.jsonl: ok \(\d{3,} operations/)
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'journal.txt'), 'utf8')).toMatch(
      /"kind":"reset".* strikes [abc]/,
    )
    expect(readFileSync(join(folder, 'a.log'), 'utf8')).toContain('listening on')
    expect(existsSync(join(folder, 'options.json'))).toBe(true)
  })
})

describe('servers are found out that', () => {
  test('acknowledge what they forget', async () => {
    const args = ['--faults', 'blackout', '--recovery-seconds', '15']
    const result = await tortured('forgets', args)
    expect(result).toMatchObject({ status: 1, verdict: 'failed' })
    expect(result.problems.join('\n')).toMatch(
      /is not linearizable|SESSION_EXPIRED|acknowledged, and not there/,
    )
    expect(existsSync(join(result.folder, 'history.jsonl'))).toBe(true)
  })

  test('answer changes that they do not make', async () => {
    const { problems, linearizable, folder } = await tortured('drops', ['--faults', 'reset'])
    expect(linearizable).toBe('illegal')
    expect(problems.join('\n')).toMatch(
      /^journal-\d+: serial numbers .* acknowledged, and not there$/m,
    )
    expect(problems.join('\n')).not.toContain('more than once')
    const page = readFileSync(join(folder, 'history.html'), 'utf8')
    expect(page.includes('cannot be put in any order')).toBe(true)
  })

  test('carry out again what is sent again', async () => {
    const { problems } = await tortured('repeats', ['--faults', 'unanswer,reset'])
    expect(problems.join('\n')).toMatch(
      /^(tally|counter)-\d+ is \d+ after \d+ acknowledged increments|there more than once$/m,
    )
    expect(problems.join('\n')).not.toContain('and not there')
  })

  test('read what is old', async () => {
    const { problems, linearizable } = await tortured('stale', ['--faults', 'isolate,deafen'])
    expect(linearizable).toBe('illegal')
    expect(problems.join('\n')).toMatch(/It fails in partition .* asked to get /)
    expect(problems.join('\n')).not.toContain('serial numbers')
  })

  test('have parted from the others', async () => {
    const { problems } = await tortured('parts', ['--faults', 'reset'])
    // The cluster finds it out as well, and the odd server stops: whoever is first.
    expect(problems[0]).toMatch(
      /^[abc] and [abc] have parted: with \d+ entries applied|^server b ended by itself /,
    )
  })
})

test('servers are found out that keep more than was promised', async () => {
  const { problems } = await tortured('hoards', ['--churn', '--faults', 'reset'])
  expect(problems[0]).toMatch(
    /^the directory of [abc] has \d+ bytes, and \d+ at most were promised$/,
  )
})

describe('the end of a torture', () => {
  const endless = ['torture', '--seconds', '3600', '--program', program, '--faults', 'pause']

  async function startedWith(args: readonly string[]) {
    const run = workplace.start(args)
    await run.shows(/^folder .+\n/m)
    // Itself, its warden, three servers.
    await until(
      () => workplace.processes().length === 5,
      () => run.stdout + run.stderr,
    )
    return run
  }

  test('by Ctrl-C comes at once, and leaves nothing', async () => {
    const run = await startedWith(endless)
    run.child.kill('SIGINT')
    const { status, stderr } = await run.ended
    expect(stderr).toBe('')
    expect(status).toBe(130)
    expect(foldersLeft()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('by SIGKILL leaves nothing either, not even servers that stand still', async () => {
    const run = await startedWith(endless)
    const folder = join(workplace.folder, foldersLeft()[0] as string)
    const servers = () =>
      workplace.processes().filter(({ command }) => command.includes('--data-dir'))
    // A process that has just been made still shows the command of the one that made it.
    await until(
      () => servers().length === 3,
      () => run.stdout + run.stderr,
    )
    for (const { pid } of servers()) process.kill(pid, 'SIGSTOP')
    run.child.kill('SIGKILL')
    await run.ended
    await workplace.expectNothingLeft()
    expect(existsSync(folder)).toBe(false)
  })

  test('by a server that does not start is one line, and keeps what it said', async () => {
    const args = ['torture', '--seconds', '5', '--program', program]
    const { status, stderr } = await workplace.run(args, '', { DEFECT: 'of another kind' })
    expect(stderr).toMatch(
      /^kontiki torture: [abc] did not start: .*; everything is kept in \S+\n$/,
    )
    expect(status).toBe(1)
    await workplace.expectNothingLeft()
  })

  test.each([
    [['--faults', 'kill,flood'], 'It must be some of kill, '],
    [['--servers', '10'], 'from 1 to 9'],
    [['--seconds', '0'], 'from 1 to 3600'],
  ])('by wrong usage %j says what is wrong', async (args, complaint) => {
    const { status, stderr } = await workplace.run(['torture', ...args])
    expect(stderr).toContain(complaint)
    expect(status).toBe(2)
    expect(foldersLeft()).toEqual([])
  })
})
