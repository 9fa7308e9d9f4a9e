/**
 * `kontiki conformance`: our server passes, and one with a known mistake is blamed by the rule that
 * it breaks.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { askAll, type Verdict } from '../../src/cli/conformance/ask.ts'
import { checks } from '../../src/cli/conformance/checks/index.ts'
import { rules } from '../../src/cli/conformance/rules.ts'
import { MutantBuild } from '../harness/mutant.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folderFor(what: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kontiki-conformance-${what}-`))
  folders.push(folder)
  return folder
}

/** Asks what is named so, and nothing else. */
async function ask(
  name: string,
  command: readonly string[],
  patienceMs = 10_000,
): Promise<Verdict> {
  const asked = checks.filter((check) => check.name === name)
  expect(asked.length).toBe(1)
  const [verdict] = await askAll(asked, {
    command,
    folder: folderFor('asked'),
    signal: new AbortController().signal,
    patienceMs,
    quietMs: 500,
    asked: () => {},
  })
  return verdict as Verdict
}

test('our server passes', async () => {
  const { status, out } = await new Promise<{ status: number; out: string }>((done) => {
    const options = ['--json', '--servers', '3', '--seconds', '2']
    const args = ['bin/kontiki.js', 'conformance', ...options, '--', 'bin/raftserver.js']
    execFile('node', args, (error, stdout) => {
      done({ status: error === null ? 0 : Number(error.code), out: stdout })
    })
  })
  const { verdicts, cluster } = JSON.parse(out) as {
    verdicts: Verdict[]
    cluster: { lines: number; blames: unknown[] }
  }
  expect(verdicts.filter(({ blame }) => blame !== null)).toEqual([])
  expect(verdicts.filter(({ undecided }) => undecided !== null)).toEqual([])
  expect(verdicts.length).toBe(checks.length)
  expect(cluster.blames).toEqual([])
  expect(cluster.lines).toBeGreaterThan(0)
  expect(status).toBe(0)
})

describe('a mistake is blamed by its rule', () => {
  const build = new MutantBuild()
  afterAll(() => build.remove())

  test.each([
    ['vote-for-anybody', 'one vote a term, whoever else asks', 'R5'],
    ['vote-without-log-check', 'a shorter log is refused', 'R4'],
    ['duplicate-grants-counted', 'a vote that comes three times is one vote', 'R12'],
    ['truncation-on-duplicate', 'a late, shorter request removes nothing', 'R8'],
    [
      'commit-by-counting-old-terms',
      'entries of an earlier term are not committed by counting',
      'R13',
    ],
    [
      'legacy-answers-credited-in-full',
      'an answer to a heartbeat is not one to the entries after it',
      'C8',
    ],
    ['majority-of-even-cluster', 'two of four are no majority', 'R13'],
    [
      'heartbeat-without-consistency-check',
      'a heartbeat about entries that are not there is refused',
      'R6',
    ],
  ])('%s: %s', async (mutant, name, rule) => {
    await build.plant(mutant)
    const { blame } = await ask(name, [join(build.folder, 'bin/raftserver.js'), '--memory'])
    expect(blame?.rule).toBe(rule)
  })

  /** Answers every AppendEntries of term 10 with success, in this way. */
  function programThat(answers: string): string {
    const path = join(folderFor('faulty'), 'server.mjs')
    const code = `
      import { createSocket } from 'node:dgram'
      const own = createSocket('udp4')
      own.bind(Number(process.argv[2].split(':')[1]), '127.0.0.1')
      const success = Uint8Array.from([0x12, 4, 8, 10, 32, 1])
      own.on('message', (bytes, { port }) => { ${answers} })
    `
    writeFileSync(path, code)
    return path
  }

  test.each([
    ['an answer from another port', "createSocket('udp4').send(success, port, '127.0.0.1')", 'C5'],
    ['a greeting that nobody asked for', "own.send('handshake', port, '127.0.0.1')", 'C6'],
    ['silence', '', 'R6'],
    ['agreement to everything', "own.send(success, port, '127.0.0.1')", 'R6'],
    ['an end', 'process.exit(3)', 'R7'],
  ])('%s', async (_what, answers, rule) => {
    const command = [process.execPath, programThat(answers)]
    const { blame } = await ask('what does not follow on is refused', command, 2000)
    expect(blame?.rule).toBe(rule)
  })
})

describe('the command', () => {
  test.each([
    [['--only', 'R99', '--', 'true'], 2, /no rule R99/],
    [[], 2, /missing required argument/],
  ])('%j is wrong usage', (args, expected, complaint) => {
    const { status, stderr } = spawnSync('node', ['bin/kontiki.js', 'conformance', ...args], {
      encoding: 'utf8',
    })
    expect(status).toBe(expected)
    expect(stderr).toMatch(complaint)
  })

  test('a program that is not there is blamed, and not us', () => {
    const args = ['conformance', '--only', 'C3', '--', './no-such-program']
    const { status, stdout } = spawnSync('node', ['bin/kontiki.js', ...args], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stdout).toContain(`blamed by C3: ${rules.C3}`)
  })
})
