/** The demo with real servers: what it prints from a pipe, and that it leaves no process behind. */
import { createSocket } from 'node:dgram'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Workplace } from './running.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

const dataFolder = (): string => join(workplace.folder, 'kontiki-data')

function serverList(): string {
  return readFileSync(join(dataFolder(), 'servers.txt'), 'utf8')
}

/** The rows of each table that `status` has shown, as cells. */
function statusRows(stdout: string): string[][] {
  return (stdout.match(/^ +[123] {2}127\.0\.0\.1:\d+ .*$/gm) ?? []).map((row) =>
    row.trim().split(/ +/),
  )
}

describe('kontiki demo, without a terminal', () => {
  test('sends, commits on three servers, shows the leader, and ends with its input', async () => {
    const { status, stdout, stderr } = await workplace.run(['demo'], 'alpha\nbeta-1\nstatus\n')
    expect(stderr).toBe('')
    expect(stdout).toContain('./kontiki-data/')
    expect(stdout).toMatch(/^server [123] became leader in term \d+$/m)
    expect(stdout).toMatch(/^committed alpha at index \d+ in term \d+$/m)
    expect(stdout).toMatch(/^committed beta-1 at index \d+ in term \d+$/m)
    const rows = statusRows(stdout)
    expect(rows.map(([server]) => server)).toEqual(['1', '2', '3'])
    const states = rows.map(([, , state]) => state)
    expect(states.sort()).toEqual(['follower', 'follower', 'leader'])
    const ends = rows.map(([, , , term, commitIndex, lastLine]) => [term, commitIndex, lastLine])
    expect(new Set(ends.map(String)).size).toBe(1)
    expect(ends[0]?.[2]).toMatch(/^\d+,\d+,beta-1$/)
    expect(status).toBe(0)
    const files = readdirSync(dataFolder()).filter((name) => name.endsWith('.log'))
    expect(files).toHaveLength(3)
    for (const name of files) {
      const text = readFileSync(join(dataFolder(), name), 'utf8')
      expect(text).toMatch(/^\d+,\d+,alpha\n\d+,\d+,beta-1\n$/)
    }
    await workplace.expectNothingLeft()
  })

  test('suspends, resumes, kills and starts servers', async () => {
    const script = [
      ...['first', 'kill 1', 'second', 'status', 'start 1', 'suspend 2', 'third', 'status'],
      ...['resume 2', 'fourth', 'status', 'log', 'log 3', 'print 3'],
    ]
    const { status, stdout, stderr } = await workplace.run(['demo'], script.join('\r\n'))
    expect(stderr).toBe('')
    const rows = statusRows(stdout)
    expect(rows).toHaveLength(9)
    expect(rows[0]?.slice(2, 5)).toEqual(['killed', '-', '-'])
    expect(rows[0]?.[5]).toMatch(/,first$/)
    expect(rows[1]?.[5]).toMatch(/,second$/)
    expect(rows[3]?.[5]).toMatch(/,third$/)
    expect(rows[4]?.[2]).toBe('failed')
    expect(rows[4]?.[5]).toMatch(/,second$/)
    for (const row of rows.slice(6)) expect(row[5]).toMatch(/,fourth$/)
    const table = stdout.slice(stdout.indexOf('index  server 1'))
    for (const name of ['first', 'second', 'third', 'fourth']) {
      expect(table).toMatch(new RegExp(`^ +\\d+  (\\d+) ${name} +\\1 ${name} +\\1 ${name}$`, 'm'))
    }
    expect(table).toMatch(/^\d+,\d+,fourth\nserver: 127\.0\.0\.1:\d+\nstate: /m)
    expect(status).toBe(0)
    await workplace.expectNothingLeft()
  })

  test('continues with what an earlier demo committed, and --fresh does not', async () => {
    await workplace.run(['demo'], 'one\ntwo\n')
    const list = serverList()
    const again = await workplace.run(['demo'], 'three\nlog\n')
    expect(again.stdout).toContain('continuing with 2 committed commands')
    expect(again.stdout).toMatch(/^committed three at /m)
    expect(again.stdout).not.toMatch(/^committed one at /m)
    expect(again.stdout).toMatch(/^ +\d+ {2}\d+ one +\d+ one +\d+ one$/m)
    expect(serverList()).toBe(list)
    const fresh = await workplace.run(['demo', '--fresh'], 'four\nlog\n')
    expect(fresh.stdout).not.toContain('continuing')
    expect(fresh.stdout).not.toMatch(/\bone\b/)
    expect(fresh.stdout).toMatch(/^committed four at /m)
    expect(serverList()).not.toBe(list)
  })

  test('complains of what it does not understand, beside the output, and goes on', async () => {
    const script = 'two words\nkill\nkill 9\nresume 1\nstart 1\nsend kill\nhelp\nstatus\n'
    const { status, stdout, stderr } = await workplace.run(['demo'], script)
    expect(stderr.split('\n')).toEqual([
      'kontiki demo: a blank at character 4: a command has letters, digits, - and _ only',
      expect.stringMatching(/^kontiki demo: kill needs a server/),
      'kontiki demo: there is no server 9: 1, 2 or 3',
      'kontiki demo: server 1 is not suspended',
      'kontiki demo: server 1 runs already',
      '',
    ])
    expect(stdout).toMatch(/^suspend N /m)
    expect(statusRows(stdout).map((row) => row[5]?.replace(/^\d+,\d+,/, ''))).toEqual([
      ...['kill', 'kill', 'kill'],
    ])
    expect(status).toBe(0)
  })

  test('says what is not committed without a majority, and does not wait for it', async () => {
    const script = 'one\nkill 1\nkill 2\nlonely\nstatus\n'
    const { status, stdout } = await workplace.run(['demo'], script)
    expect(stdout).toContain('not committed: 1 of the commands sent; 1 of 3 servers take part')
    expect(stdout).not.toContain('committed lonely')
    expect(status).toBe(0)
    await workplace.expectNothingLeft()
  })

  test('does not touch a folder whose servers are running', async () => {
    await workplace.run(['demo'], 'one\n')
    const [first = ''] = serverList().split('\n')
    const socket = createSocket('udp4')
    await new Promise<void>((bound) => {
      socket.bind(Number(first.split(':')[1]), '127.0.0.1', bound)
    })
    const { status, stdout, stderr } = await workplace.run(['demo', '--fresh'])
    socket.close()
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /^kontiki demo: 127\.0\.0\.1:\d+, server 1 of \.\/kontiki-data\/, is in use: .*\n$/,
    )
    expect(status).toBe(1)
    expect(serverList()).toContain(first)
  })

  test('does not use a list of servers that somebody has changed', async () => {
    await workplace.run(['demo'], '')
    writeFileSync(join(dataFolder(), 'servers.txt'), '127.0.0.1:2000\n')
    const { status, stderr } = await workplace.run(['demo'])
    expect(stderr).toMatch(/^kontiki demo: \.\/kontiki-data\/servers\.txt does not list 3 servers/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(status).toBe(1)
  })

  test('shows that a server has ended by itself, and starts it again', async () => {
    const run = workplace.start(['demo'])
    run.child.stdin?.write('alpha\n')
    await run.shows(/^committed alpha at /m)
    const second = serverList().split('\n')[1] as string
    const server = workplace.processes().find(({ command }) => command.includes(second))
    process.kill(server?.pid as number, 'SIGKILL')
    await run.shows(/^server 2 ended by SIGKILL$/m)
    run.child.stdin?.end('status\nstart 2\nbeta\nstatus\n')
    const { status, stdout } = await run.ended
    const rows = statusRows(stdout)
    expect(rows[1]?.slice(2, 5)).toEqual(['ended', '-', '-'])
    for (const row of rows.slice(3)) expect(row[5]).toMatch(/,beta$/)
    expect(rows).toHaveLength(6)
    expect(status).toBe(0)
    await workplace.expectNothingLeft()
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ] as const)('leaves no process at %s, while its input is open', async (signal, expected) => {
    const run = workplace.start(['demo'])
    run.child.stdin?.write('alpha\n')
    await run.shows(/^committed alpha at /m)
    expect(workplace.processes()).toHaveLength(4)
    run.child.kill(signal)
    const { status, stderr } = await run.ended
    expect(stderr).toBe('')
    expect(status).toBe(expected)
    expect(existsSync(join(dataFolder(), 'servers.txt'))).toBe(true)
    await workplace.expectNothingLeft()
  })
})
