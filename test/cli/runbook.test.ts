/**
 * docs/runbook.md, as it stands: its commands are run one after the other, on servers that are
 * processes of their own, and what it says that they print is looked for in what they print.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { freePorts } from '../harness/free-ports.ts'
import { preloaded } from '../harness/small-disk.ts'
import { type Ended, type Running, Workplace } from './running.ts'
import { said } from './store.ts'

/** What they show is settled a moment later than what they show it of. */
const retried: readonly string[] = ['status', 'explain']

interface Step {
  readonly line: string
  readonly output: readonly string[]
}

const text = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
const sections = text.split(/^## /m).slice(1)

function stepsOf(section: string): Step[] {
  const steps: { line: string; output: string[] }[] = []
  for (const [, block] of section.matchAll(/^```console\n(.*?)^```$/gms)) {
    for (const line of (block as string).trimEnd().split('\n')) {
      if (/^[$#] /.test(line)) steps.push({ line, output: [] })
      else steps.at(-1)?.output.push(line)
    }
  }
  return steps
}

/** The machines of the runbook, all of them here. */
class Site {
  readonly #workplace = new Workplace()
  readonly #servers = new Map<string, Running>()
  readonly #ports: readonly number[]
  #environment: NodeJS.ProcessEnv = { NO_COLOR: '1' }
  /** By the last command. */
  #printed = ''

  constructor(ports: readonly number[]) {
    this.#ports = ports
  }

  async perform({ line, output }: Step): Promise<void> {
    const [kind, ...words] = this.#here(line).split(/\s+/)
    if (kind === '#') await this.#happen(words)
    else if (words[0] === 'export') this.#export(words[1] as string)
    else if (words.at(-1) === '&') await this.#start(words.slice(1, -1))
    else await this.#run(words, output)
  }

  remove(): void {
    this.#workplace.remove()
  }

  #here(line: string): string {
    const here = line.replace(/10\.0\.0\.(\d):5001/g, (_, host) => {
      return `127.0.0.1:${this.#ports[Number(host) - 1]}`
    })
    return here.replace(/\bTOKEN\b/, /--confirm (\S+)/.exec(this.#printed)?.[1] ?? 'TOKEN')
  }

  #export(setting: string): void {
    const equals = setting.indexOf('=')
    const name = setting.slice(0, equals)
    this.#environment = { ...this.#environment, [name]: setting.slice(equals + 1) }
  }

  async #happen(words: readonly string[]): Promise<void> {
    const what = words.join(' ')
    const stopped = /^(\w) (is stopped|has died)$/.exec(what)
    const damaged = /^the log of (\w) is damaged$/.exec(what)
    const lost = /^the directory of (\w) is lost$/.exec(what)
    if (stopped !== null) {
      const server = this.#servers.get(stopped[1] as string) as Running
      server.child.kill(stopped[2] === 'has died' ? 'SIGKILL' : 'SIGTERM')
      const { status } = await server.ended
      expect(status).toBe(stopped[2] === 'has died' ? null : 0)
    } else if (lost !== null) {
      rmSync(join(this.#workplace.folder, `data-${lost[1]}`), { recursive: true })
    } else if (damaged !== null) {
      this.#damage(join(this.#workplace.folder, `data-${damaged[1]}`))
    } else if (words.includes('disk')) {
      await this.#disk(what)
    } else expect(['on each of the three', 'from anywhere']).toContain(what)
  }

  /** Files of the log are made ahead: a whole one is written before it is noticed. */
  async #disk(what: string): Promise<void> {
    const [, id, isFull] = /^.*the disk of (\w) (?:(fills up)|again)/.exec(what) ?? []
    const mark = join(this.#workplace.folder, `data-${id}.full`)
    if (isFull === undefined) {
      rmSync(mark)
      return
    }
    writeFileSync(mark, '')
    for (let i = 0; i < 18; i++) {
      const put = ['kv', 'put', 'large', '-']
      const ended = await this.#workplace.run(put, 'x'.repeat(500_000), this.#environment)
      expect(ended).toMatchObject({ status: 0, stderr: '' })
    }
  }

  /** One bit of its first frame turns. */
  #damage(directory: string): void {
    const [name = ''] = readdirSync(directory)
      .filter((one) => one.endsWith('.log'))
      .sort()
    const bytes = readFileSync(join(directory, name))
    bytes[560] = (bytes[560] as number) ^ 4
    writeFileSync(join(directory, name), bytes)
  }

  async #start(args: readonly string[]): Promise<void> {
    const run = this.#workplace.start(args, { ...this.#environment, ...preloaded })
    this.#servers.set(args[args.indexOf('--id') + 1] as string, run)
    await said(run, /listening on/)
  }

  async #run(words: readonly string[], output: readonly string[]): Promise<void> {
    const comment = words.indexOf('#')
    const args = words.slice(1, comment < 0 ? undefined : comment)
    const status = comment < 0 ? 0 : Number(words.at(-1))
    const isDone = (ended: Ended): boolean =>
      ended.status === status && output.every((line) => asPattern(line).test(whole(ended)))
    const deadline = performance.now() + 30_000
    let ended = await this.#workplace.run(args, '', this.#environment)
    // Who leads is settled a moment later than servers come and go.
    while (retried.includes(args[0] as string) && !isDone(ended) && performance.now() < deadline) {
      await sleep(50)
      ended = await this.#workplace.run(args, '', this.#environment)
    }
    this.#printed = whole(ended)
    for (const line of output) expect(whole(ended)).toMatch(asPattern(line))
    expect([args.join(' '), ended.status, whole(ended)]).toEqual([
      args.join(' '),
      status,
      whole(ended),
    ])
  }
}

function whole({ stdout, stderr }: Ended): string {
  return stdout + stderr
}

/** Numbers and spaces may be others. */
function asPattern(line: string): RegExp {
  const pattern = line
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d+/g, '\\d+')
    .replace(/ +/g, ' +')
  return new RegExp(`^${pattern}`, 'm')
}

describe('the runbook', async () => {
  const site = new Site(await freePorts(5))
  afterAll(() => site.remove())

  test('has commands in every section', () => {
    for (const section of sections) expect(stepsOf(section).length).toBeGreaterThan(0)
    expect(sections.length).toBeGreaterThanOrEqual(6)
  })

  // One goes on where the one before has ended.
  for (const section of sections) {
    test(section.split('\n', 1)[0] as string, async () => {
      for (const step of stepsOf(section)) await site.perform(step)
    }, 120_000)
  }
})
