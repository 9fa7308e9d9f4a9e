/** The kontiki command itself: its help, and how it ends on bad input and wrong usage. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tableLines } from '../../src/cli/table.ts'
import { Workplace } from './running.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

describe('kontiki', () => {
  test('--help lists every command on a line of its own', async () => {
    const { status, stdout, stderr } = await workplace.run(['--help'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    for (const name of ['serve', 'kv', 'status', 'demo', 'verify', 'check', 'explore']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.*$`, 'm'))
    }
  })

  test('--version is that of the package', async () => {
    const packageFile = new URL('../../package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8'))
    const { status, stdout } = await workplace.run(['--version'])
    expect(stdout).toBe(`${version}\n`)
    expect(status).toBe(0)
  })

  test.each([
    [['sing'], "unknown command 'sing'"],
    [['verfy'], "unknown command 'verfy' (Did you mean verify?)"],
    [['--loud'], "unknown option '--loud'"],
    [['verify', '--loud'], "unknown option '--loud'"],
    [['verify', '--servers'], "option '--servers <number>' argument missing"],
    [['verify', '--servers', '2'], 'It must be a whole number from 3 to 10.'],
    [['verify', '--servers', '11'], 'It must be a whole number from 3 to 10.'],
    [['verify', '--clients', '-1'], 'It must be a whole number from 1 to 50.'],
    [['verify', '--commands', '1e3'], 'It must be a whole number from 1 to 1000000.'],
    [['verify', 'everything'], "too many arguments for 'verify'"],
    [['demo', '--servers'], "unknown option '--servers'"],
  ])('wrong usage is one line and a hint, and status 2: %j', async (args, complaint) => {
    const { status, stdout, stderr } = await workplace.run(args)
    expect(stdout).toBe('')
    const lines = stderr.split('\n')
    expect(lines[0]).toMatch(/^kontiki: /)
    expect(lines[0]).toContain(complaint)
    expect(lines[1]).toMatch(/^kontiki: see kontiki( verify| demo)? --help$/)
    expect(lines.slice(2)).toEqual([''])
    expect(status).toBe(2)
  })

  test('without a command it shows the help, and status 2', async () => {
    const { status, stdout, stderr } = await workplace.run([])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Usage: kontiki <command>/)
    expect(status).toBe(2)
  })

  test('bad input is one line, and status 1', async () => {
    mkdirSync(join(workplace.folder, 'kontiki-data'))
    writeFileSync(join(workplace.folder, 'kontiki-data', 'thesis.txt'), 'mine')
    const { status, stdout, stderr } = await workplace.run(['demo', '--fresh'])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^kontiki demo: \.\/kontiki-data\/ has no servers\.txt, .*\n$/)
    expect(status).toBe(1)
    expect(readdirSync(join(workplace.folder, 'kontiki-data'))).toEqual(['thesis.txt'])
  })

  test('a command does not load what only others need', async () => {
    const loaded = join(workplace.folder, 'coverage')
    await workplace.run(['demo', '--help'], '', { NODE_V8_COVERAGE: loaded })
    const reports = readdirSync(loaded).map((name) => readFileSync(join(loaded, name), 'utf8'))
    expect(reports.join()).toContain('dist/cli/demo/command.js')
    expect(reports.join()).not.toContain('dist/sim/')
    expect(reports.join()).not.toContain('dist/cli/verify/')
  })
})

describe('a table', () => {
  const columns = [{ title: 'name' }, { title: 'lines', align: 'right' as const }]

  test('stands in columns, numbers to the right', () => {
    const rows = [
      ['a', '1000'],
      ['longer', '7'],
    ]
    expect(tableLines(columns, rows)).toEqual(['name    lines', 'a        1000', 'longer      7'])
  })

  test('keeps its columns under colours', () => {
    const rows = [
      ['\u001b[31mred\u001b[39m', '1'],
      ['plain', '2'],
    ]
    const lines = tableLines(columns, rows).map((line) => stripVTControlCharacters(line))
    expect(lines).toEqual(['name   lines', 'red        1', 'plain      2'])
  })

  test('has room for rows that lack a cell', () => {
    expect(tableLines(columns, [['a']])).toEqual(['name  lines', 'a'])
  })
})
