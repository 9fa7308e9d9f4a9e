/**
 * The package as its users get it: what is in the tarball, the README's example as it is printed
 * there, and the types as another project's compiler sees them. No network: what the package
 * depends on is linked from here.
 */
import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../tidy/tree.ts'

const run = promisify(execFile)

let folder: string
let installed: string
let files: string[]

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>
  readonly bin: Readonly<Record<string, string>>
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
}

/** Packages of ours, with what they depend on themselves. */
function link(modules: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(modules, name)
    if (existsSync(path)) continue
    const ours = join(root, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(ours, path, 'dir')
    const its = JSON.parse(readFileSync(join(ours, 'package.json'), 'utf8')) as Partial<Manifest>
    link(modules, Object.keys(its.dependencies ?? {}))
  }
}

/** `npm install` of the tarball, without a registry. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kontiki-package-'))
  const env = {
    ...process.env,
    npm_config_cache: join(folder, 'cache'),
    npm_config_offline: 'true',
  }
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const packed = execFileSync('npm', pack, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  const modules = join(folder, 'user', 'node_modules')
  mkdirSync(modules, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', modules])
  installed = join(modules, 'kontiki')
  renameSync(join(modules, 'package'), installed)
  files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
  link(modules, ['@types/node', ...Object.keys(manifest().dependencies)])
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the tarball', () => {
  test('has what its manifest names', () => {
    const { bin, exports } = manifest()
    const named = Object.values(exports).flatMap((target) => {
      return typeof target === 'string' ? [target] : [target.types, target.default]
    })
    expect(named.length).toBeGreaterThan(8)
    for (const path of [...named, ...Object.values(bin)]) {
      expect(existsSync(join(installed, path)), path).toBe(true)
    }
  })

  test('has no tests, no traces of the build, and nothing that its code does not come from', () => {
    const kinds = new Set(files.map((path) => path.slice(installed.length + 1).split(/[\\/]/)[0]))
    expect([...kinds].sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'examples',
      'package.json',
      'proto',
      'src',
    ])
    const odd = files.filter((path) =>
      /\.test\.|[\\/]test[\\/]|tsbuildinfo|tsconfig|\.built|\.log$/.test(path),
    )
    expect(odd.map((path) => path.slice(installed.length))).toEqual([])
  })

  test('source maps lead to sources that are in it', () => {
    const maps = files.filter((path) => path.endsWith('.map'))
    expect(maps.length).toBeGreaterThan(100)
    for (const path of maps) {
      const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] }
      for (const source of sources) {
        expect(existsSync(join(dirname(path), source)), `${path}: ${source}`).toBe(true)
      }
    }
  })
})

/** What is below the heading, to the end. */
function sectionOf(heading: string): string {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  return readme.slice(readme.indexOf(`\n## ${heading}\n`))
}

/** The first block of the language after the heading, and the first one that shows a terminal. */
function exampleOf(heading: string): { code: string; printed: string } {
  const section = sectionOf(heading)
  const code = /```js\n([\s\S]*?)```/.exec(section)?.[1]
  const printed = /```\n(?:\$ npm install .*\n)\$ node seats\.mjs\n([\s\S]*?)```/.exec(section)?.[1]
  if (code === undefined || printed === undefined) throw new Error(`no example at ${heading}`)
  return { code, printed }
}

describe('a program that embeds it', () => {
  test('the example of the README prints what the README says, twice', async () => {
    const { code, printed } = exampleOf('Embed it')
    expect(code.split('\n').length).toBeGreaterThan(30)
    const cwd = join(folder, 'user')
    writeFileSync(join(cwd, 'seats.mjs'), code)
    for (let time = 0; time < 2; time++) {
      const result = await run(process.execPath, ['seats.mjs'], { cwd, timeout: 40_000 })
      expect(result).toEqual({ stdout: printed, stderr: '' })
    }
    expect(readdirSync(join(cwd, 'seats')).sort()).toEqual(['a', 'b', 'c'])
  }, 90_000)

  test('the test of the README passes, and fails where the machine is none', async () => {
    const { code } = exampleOf('Embed it')
    const machine = /class Seats \{[\s\S]*?\n\}\n/.exec(code)?.[0]
    const check = /```js\n(import assert [\s\S]*?)```/.exec(sectionOf('Embed it'))?.[1]
    if (machine === undefined || check === undefined) throw new Error('the README has no test')
    const cwd = join(folder, 'user')
    writeFileSync(join(cwd, 'right.mjs'), machine + check)
    const options = { cwd, timeout: 40_000 }
    expect(await run(process.execPath, ['right.mjs'], options)).toEqual({ stdout: '', stderr: '' })
    const broken = machine.replace('this.#taken.set(seat, name)', 'this.#taken.set(seat, seed++)')
    writeFileSync(join(cwd, 'wrong.mjs'), `let seed = 1\n${broken}${check}`)
    const failed = run(process.execPath, ['wrong.mjs'], options)
    await expect(failed).rejects.toThrow(/ClusterError: .*not deterministic.*\(seed 1, at/)
  }, 90_000)

  test('the core that the README embeds asks for votes once its own is durable', async () => {
    const core = /```ts\n([\s\S]*?)```/.exec(sectionOf('Embed the core'))?.[1]
    if (core === undefined) throw new Error('the README does not embed the core')
    const cwd = join(folder, 'user')
    const show = 'console.log(send.length, save.thenSend.map(({ kind, to }) => kind + to))'
    writeFileSync(join(cwd, 'core.mjs'), `${core}\n${show}\n`)
    const { stdout } = await run(process.execPath, ['core.mjs'], { cwd, timeout: 40_000 })
    expect(stdout).toBe("0 [ 'requestVoteRequestb', 'requestVoteRequestc' ]\n")
  }, 60_000)

  test.each(['node16', 'bundler'])(
    'types resolve as %s',
    async (resolution) => {
      const cwd = join(folder, 'user')
      writeFileSync(join(cwd, 'program.mts'), program)
      const compiler = join(root, 'node_modules/typescript/bin/tsc')
      const module = resolution === 'bundler' ? 'esnext' : 'node16'
      const flags = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022']
      const rest = ['--strict', '--noEmit', '--types', 'node', 'program.mts']
      // Our own declarations are checked as well, which once is enough.
      if (resolution === 'bundler') rest.unshift('--skipLibCheck')
      const compiled = await run(process.execPath, [compiler, ...flags, ...rest], { cwd }).catch(
        (error: { stdout: string }) => error,
      )
      expect(compiled.stdout).toBe('')
    },
    90_000,
  )
})

const program = `
import {
  KeyValueStore, KontikiError, bytesCodecs, keyValueMachine, openServer, type StateMachine,
} from 'kontiki'
import { openClient } from 'kontiki/client'
import { Raft } from 'kontiki/raft'
import { runSeed } from 'kontiki/sim'
import { openCluster } from 'kontiki/testing'
import 'kontiki/linearizability'

type Command = { add: number }
type Query = { what: 'value' }

class Counter implements StateMachine<Command, Query, number> {
  value = 0
  apply({ add }: Command, { index, timeMs }: { index: number; timeMs: number }): number {
    return (this.value += add + 0 * index * timeMs)
  }
  query(): number {
    return this.value
  }
  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(String(this.value))]
  }
  restore([chunk]: Iterable<Uint8Array>): void {
    this.value = Number(new TextDecoder().decode(chunk))
  }
}

await using server = await openServer({
  id: 'a', servers: { a: '127.0.0.1:0' }, storage: 'memory', stateMachine: new Counter(),
})
server.on('leader', ({ leaderId }) => leaderId satisfies string | null)
const value: number = await server.propose({ add: 1 })
// @ts-expect-error: a command of another shape
await server.propose({ subtract: 1 })
// @ts-expect-error: a result of another type
const text: string = await server.propose({ add: 1 })

const client = openClient<Command, Query, number>({ servers: [server.address], timeoutMs: 100 })
try {
  const answer: number = await client.query({ what: 'value' }, { consistency: 'stale' })
  console.log(value + answer, text, Raft, runSeed)
} catch (error) {
  if (error instanceof KontikiError) error.outcome satisfies 'notApplied' | 'unknown'
}

const cluster = openCluster(3, { stateMachine: () => new Counter(), seed: 'any', faults: true })
const sum: number = await cluster.propose({ add: 1 })
cluster.crash(cluster.leader ?? 's1')
console.log(sum, cluster.machine('s1')?.query({ what: 'value' }))

const bytes = { stateMachine: keyValueMachine(), codecs: bytesCodecs, storage: 'memory' } as const
const store = new KeyValueStore(await openServer({ id: 'b', servers: 'b=127.0.0.1:0', ...bytes }))
const entry = await store.get('key')
entry?.modificationIndex satisfies number | undefined
`
