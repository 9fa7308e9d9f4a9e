/**
 * docs/lecture.md and docs/alpo.md: every command in them runs, all ten questions are answered, and
 * the code that they name is where they say.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The lines of code blocks that call our program, without the words beside them. */
function commandsIn(text: string): string[][] {
  const blocks = [...text.matchAll(/^```\n(.*?)^```/gms)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('bin/kontiki.js '))
    .map((line) => (line.split(/ {2,}/)[0] as string).split(' '))
}

function run(words: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile('node', [...words], { maxBuffer: 2 ** 26 }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

const lecture = read('docs/lecture.md')
const experiments = commandsIn(lecture)

describe('docs/lecture.md', () => {
  test('answers ten questions, each with a command', () => {
    const sections = lecture.split(/^## /m).slice(1)
    expect(sections.map((section) => section.split(' ')[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => `L${i + 1}`),
    )
    for (const section of sections) expect(commandsIn(section).length).toBe(1)
  })

  test('names every experiment but the one of docs/alpo.md', async () => {
    const { out } = await run(['bin/kontiki.js', 'experiment', 'list', '--json'])
    const known = (JSON.parse(out) as { name: string }[]).map(({ name }) => name)
    const named = new Set(experiments.map((words) => words[2]))
    expect(known.filter((name) => !named.has(name))).toEqual(['alpo-vs-raft'])
  })

  test.each(['docs/lecture.md', 'docs/alpo.md'])('%s names code that is there', (path) => {
    const named = [...read(path).matchAll(/`(\w+)`(?: in|,)\s+`(src\/[\w/.-]+)`/g)]
    expect(named.length).toBeGreaterThan(3)
    for (const [, name, file] of named) expect(read(file as string), file).toContain(name)
  })
})

describe('the commands', () => {
  test.each(experiments)('%s %s %s', async (...words) => {
    const { out: list } = await run(['bin/kontiki.js', 'experiment', 'list', '--json'])
    const found = (JSON.parse(list) as { name: string; trials: number | null }[]).find(
      ({ name }) => name === words[2],
    )
    // A few trials show that the command is right; what it shows is tested with the experiments.
    const few = found?.trials == null ? [] : ['--trials', '2', '--no-plot']
    const { status, out, err } = await run([...words, ...few])
    expect(err).toBe('')
    expect(status).toBe(0)
    expect(out.split('\n').length).toBeGreaterThan(10)
  })

  test.each(commandsIn(read('docs/alpo.md')))('%s %s %s', async (...words) => {
    const isBreach = words.includes('sim')
    const { status, out, err } = await run(words)
    expect(err).toBe('')
    expect(status).toBe(isBreach ? 1 : 0)
    expect(out).toMatch(isBreach ? /alpo-\S+\.txt/ : /ALPO +\| +Raft/)
  })
})
