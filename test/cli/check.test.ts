/** `kontiki check`: what it prints, what it writes, and the status it ends with. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CheckWorld, checkCommand, checkStatus } from '../../src/cli/check/command.ts'
import { Workplace } from './running.ts'

const histories = fileURLToPath(new URL('../linearizability/histories/', import.meta.url))
const collections = fileURLToPath(new URL('../../../shared/data/linearizability/', import.meta.url))

class Exit extends Error {}

interface Outcome {
  readonly status: number | null
  readonly out: string
  readonly errors: string
}

/** Runs the command as the program mounts it: below another command with settings of its own. */
function run(...args: readonly string[]): Outcome {
  let status: number | null = null
  let out = ''
  let errors = ''
  const world: CheckWorld = {
    write: (text) => {
      out += text
    },
    complain: (text) => {
      errors += text
    },
    exit: (code) => {
      status = code
      throw new Exit()
    },
    setStatus: (code) => {
      status = code
    },
  }
  const program = new Command('kontiki').exitOverride().configureOutput({
    writeOut: (text) => world.write(text),
    writeErr: (text) => world.complain(text),
  })
  const command = checkCommand(world)
  program.addCommand(command.copyInheritedSettings(program))
  try {
    program.parse(['check', ...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof Exit)) throw error
  }
  return { status, out, errors }
}

const ours = (name: string): string => join(histories, name)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kontiki-check-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a verdict', () => {
  test('ok is status 0 and one line', () => {
    const path = ours('timeouts.jepsen.log')
    const { status, out, errors } = run('--format', 'jepsen', '--model', 'cas-register', path)
    expect([status, errors]).toEqual([0, ''])
    expect(out).toMatch(/: ok \(6 operations, 1 partition, \d+ steps\)\n$/)
    expect(out.startsWith(`${path}: `)).toBe(true)
  })

  test('illegal is status 1, with the reason', () => {
    const { status, out, errors } = run('--format', 'kv', '--model', 'kv', ours('stale-get.kv.txt'))
    expect([status, errors]).toEqual([1, ''])
    const lines = out.split('\n')
    expect(lines[0]).toContain('stale-get.kv.txt: illegal (5 operations, 2 partitions, ')
    expect(lines.slice(2)).toEqual([
      '  The first 9 of 10 events cannot be explained; the first 8 can.',
      '  It fails in partition "a", where client 0 got "1 " from "a" (line 7 to line 9).',
      '  Right before that, in every order that explains the rest, the state is "1 2 ".',
      '  These contradict each other, whatever the other operations did in their time:',
      '    client 1 appended "2 " to "a" (line 3 to line 5)',
      '    client 0 got "1 " from "a" (line 7 to line 9)',
      '',
    ])
  })

  test('unknown is status 2, and says which budget was spent', () => {
    const path = ours('lost-update.jepsen.log')
    expect(run('--format', 'jepsen', '--steps', '1', path)).toMatchObject({
      status: 2,
      out: expect.stringMatching(/: unknown \(.*\n {2}The budget of steps was spent before/),
    })
  })

  test('of our own format needs no option', () => {
    expect(run(ours('registers.jsonl')).status).toBe(0)
    expect(run(ours('lost-append.jsonl')).status).toBe(1)
  })

  test('may be asked of another model than the file names', () => {
    const path = ours('lost-append.jsonl')
    const growing = run('--model', 'growing-command-log', path)
    expect([growing.status, growing.errors]).toEqual([1, ''])
    expect(run('--model', 'kv', path)).toMatchObject({
      status: checkStatus.malformedFile,
      errors: `kontiki check: ${path}: line 2: field "key" is missing\n`,
    })
  })

  test('of a register without compare-and-set', () => {
    const path = file('r.log', 'INFO  jepsen.util - 0 :invoke :read nil\n')
    expect(run('--format', 'jepsen', '--model', 'register', path).status).toBe(0)
  })
})

describe('several files', () => {
  test('are counted, and illegal is worse than unknown', () => {
    const kv = (name: string): string => ours(name)
    const all = run('--format', 'kv', kv('appends.kv.txt'), kv('stale-get.kv.txt'))
    expect(all.status).toBe(1)
    expect(all.out).toMatch(/\n2 files: 1 ok, 1 illegal, 0 unknown\n$/)
    const log = ours('lost-update.jepsen.log')
    const empty = file('r.log', 'INFO  jepsen.util - 0 :invoke :read nil\n')
    const spent = run('--format', 'jepsen', '--steps', '1', empty, log)
    expect(spent.status).toBe(2)
    expect(spent.out).toMatch(/\n2 files: 1 ok, 0 illegal, 1 unknown\n$/)
  })

  test('are all read before any is checked', () => {
    const missing = join(folder, 'missing')
    expect(run(ours('registers.jsonl'), missing)).toEqual({
      status: checkStatus.unreadableFile,
      out: '',
      errors: `kontiki check: ${missing}: ENOENT: no such file or directory\n`,
    })
  })
})

describe('--html', () => {
  test('writes the page', () => {
    const page = join(folder, 'page.html')
    const { status } = run('--format', 'kv', '--html', page, ours('stale-get.kv.txt'))
    expect(status).toBe(1)
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('id="failure"')
    expect(html).toContain('stale-get.kv.txt')
  })

  test('that cannot be written is no verdict', () => {
    const page = join(folder, 'missing', 'page.html')
    const { status, errors } = run('--html', page, ours('registers.jsonl'))
    expect(status).toBe(checkStatus.unwritablePage)
    expect(errors).toBe(`kontiki check: ${page}: ENOENT: no such file or directory\n`)
  })

  test('takes one file', () => {
    const path = ours('registers.jsonl')
    const { status, errors } = run('--html', join(folder, 'page.html'), path, path)
    expect([status, errors]).toEqual([
      64,
      'error: --html takes one FILE: a page shows one history\n',
    ])
    expect(existsSync(join(folder, 'page.html'))).toBe(false)
  })
})

describe('what is no verdict has a status that is none', () => {
  test.each([
    [[], "error: missing required argument 'files'\n"],
    [['--format', 'xml', 'f'], 'Allowed choices are json, jepsen, kv.'],
    [['--model', 'queue', 'f'], 'Allowed choices are register, cas-register, kv,'],
    [['--format', 'kv', '--model', 'register', 'f'], '--format kv goes with --model kv\n'],
    [['--format', 'jepsen', '--model', 'kv', 'f'], 'goes with --model cas-register or register\n'],
    [['--steps', '0', 'f'], 'It must be a whole number from 1 to'],
    [['--budget-seconds', '1.5', 'f'], 'It must be a whole number from 1 to'],
    [['--budget-megabytes', '9999', 'f'], 'It must be a whole number from 1 to 4096.'],
    [['--html', '', 'f'], 'It must be the path of a file.'],
    [['--fast', 'f'], "error: unknown option '--fast'"],
  ])('wrong usage %j is 64', (args, complaint) => {
    const { status, out, errors } = run(...args)
    expect([status, out]).toEqual([64, ''])
    expect(errors).toContain(complaint)
  })

  test.each([
    ['nonsense', 'line 1: not JSON: "nonsense"'],
    ['', 'its first line names no model, and neither does --model'],
    [
      '{"history":"kontiki","version":1,"model":"queue"}',
      'line 1: the model "queue" is not one of ' +
        'register, cas-register, kv, versioned-kv, command-log, growing-command-log',
    ],
    ['{"history":"kontiki","version":1,"model":"kv"}', 'there is no operation in it'],
    [
      '{"history":"kontiki","version":1,"model":"command-log"}\n' +
        '{"event":"call","process":1,"operation":"append","command":"x"}\n' +
        '{"event":"call","process":2,"operation":"append","command":"x"}\n',
      'two appends have the command "x"',
    ],
  ])('the file %j is malformed: 65', (text, problem) => {
    const path = file('history', text)
    const args = text === 'nonsense' ? ['--model', 'kv', path] : [path]
    expect(run(...args)).toEqual({
      status: 65,
      out: '',
      errors: `kontiki check: ${path}: ${problem}\n`,
    })
  })

  test('a cas in a plain register is malformed', () => {
    const path = ours('lost-update.jepsen.log')
    expect(run('--format', 'jepsen', '--model', 'register', path)).toMatchObject({
      status: 65,
      errors: `kontiki check: ${path}: line 5: the model register has no cas\n`,
    })
  })

  test('a folder is unreadable: 66', () => {
    expect(run(folder)).toMatchObject({
      status: 66,
      errors: `kontiki check: ${folder}: EISDIR: illegal operation on a directory\n`,
    })
  })

  test('help is 0 and lists the statuses', () => {
    const { status, out } = run('--help')
    expect(status).toBe(0)
    expect(out).toContain('Exit status: 0 ok, 1 illegal, 2 unknown')
  })
})

describe('as a command of kontiki', () => {
  let workplace: Workplace
  beforeEach(() => {
    workplace = new Workplace()
  })
  afterEach(() => workplace.remove())

  test.each([
    [['check', ours('registers.jsonl')], 0],
    [['check', ours('lost-append.jsonl')], 1],
    [['check', '--steps', '1', ours('registers.jsonl')], 2],
    [['check', '--format', 'xml', 'f'], 64],
    [['check', 'missing'], 66],
  ])('kontiki %j ends with status %i', async (args, expected) => {
    const { status, stdout, stderr } = await workplace.run(args)
    expect(status).toBe(expected)
    // A verdict is on standard output, and what is none on standard error.
    expect([stdout !== '', stderr !== '']).toEqual([expected < 3, expected >= 3])
  })
})

if (existsSync(join(collections, 'jepsen'))) {
  test('all files of the collection together', () => {
    const path = join(collections, 'jepsen')
    const files = readdirSync(path).map((name) => join(path, name))
    const { status, out } = run('--format', 'jepsen', '--model', 'cas-register', ...files)
    expect(status).toBe(1)
    const illegal = files.length - 11
    expect(out.endsWith(`\n${files.length} files: 11 ok, ${illegal} illegal, 0 unknown\n`)).toBe(
      true,
    )
  })
}
