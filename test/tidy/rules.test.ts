/** Each house rule finds what it is for: files that break it, made here, and files that do not. */
import { describe, expect, test } from 'vitest'
import * as rules from './code-rules.ts'
import { linkViolations, pathViolations } from './documents.ts'
import { circleViolations, deadFileViolations, importViolations } from './imports.ts'
import { type Room, rooms, roomViolations } from './rooms.ts'
import { Code, filesBelow, readText } from './tree.ts'

const code = (text: string, path = 'src/raft/sample.ts') => new Code(path, text)

describe('what may stand where', () => {
  const banned: [string, string][] = [
    ['const now = Date.now()', 'raft has no Date'],
    ['const die = Math.random()', 'raft has no Math.random'],
    ['export async function f() {}', 'raft is synchronous'],
    ['const f = async () => {}', 'raft is synchronous'],
    ['let p: Promise<void>', 'raft has no Promise'],
    ['setTimeout(f, 5)', 'raft has no setTimeout'],
    ['const x = { id: process.pid }', 'raft has no process'],
    ['console.log(1)', 'raft has no console'],
    ['let b: Buffer', 'raft has no Buffer'],
    ['for await (const x of y) {}', 'raft is synchronous'],
  ]
  for (const [text, rule] of banned) {
    test(`${text}`, () => {
      expect(rules.bannedViolations(code(text))).toEqual([`src/raft/sample.ts:1 ${rule}`])
    })
  }

  test('names of properties, and names that the file declares itself, are no platform', () => {
    const text = [
      'const a = thing.process + { console: 1, Date: 2 }.console',
      'interface A { readonly process: number; Date(): void }',
      'function f(performance: number) { return performance }',
      'const word = "await Promise Date"  // async setTimeout',
    ].join('\n')
    expect(rules.bannedViolations(code(text))).toEqual([])
  })

  test('over ports it may be asynchronous, and has no clock of its own', () => {
    const sample = (text: string) => code(text, 'src/server/sample.ts')
    expect(rules.bannedViolations(sample('export async function f() { await g() }'))).toEqual([])
    expect(rules.bannedViolations(sample('let t = Date.now()'))).toHaveLength(1)
    expect(rules.bannedViolations(sample('setTimeout(f)'))).toHaveLength(1)
  })

  test('of what touches the world, only programs print', () => {
    const text = 'console.error(process.pid, Date.now(), setTimeout)'
    expect(rules.bannedViolations(code(text, 'src/cli/sample.ts'))).toEqual([])
    expect(rules.bannedViolations(code(text, 'src/disk/sample.ts'))).toEqual([
      'src/disk/sample.ts:1 prints to the console',
    ])
  })

  test('default exports, in every form', () => {
    for (const text of [
      'export default 5',
      'export default function f() {}',
      'export default class A {}',
      'const a = 1\nexport { a as default }',
    ]) {
      expect(rules.defaultExportViolations(code(text))).toHaveLength(1)
    }
    const none = 'switch (a) { default: break }\nexport const a = 1'
    expect(rules.defaultExportViolations(code(none))).toEqual([])
  })

  test('programs that do more than load', () => {
    const program = `#!/usr/bin/env node\n${'main()\n'.repeat(6)}`
    expect(rules.programViolations(code(program, 'bin/x.js'))).toHaveLength(1)
    expect(rules.programViolations(code(program.slice(0, -7), 'bin/x.js'))).toEqual([])
  })
})

describe('size', () => {
  test('files, with a bound of its own for raft.ts', () => {
    const lines = (n: number) => '//\n'.repeat(n)
    expect(rules.lengthViolations(code(lines(300)))).toEqual([])
    expect(rules.lengthViolations(code(lines(301)))).toHaveLength(1)
    expect(rules.lengthViolations(code(lines(201), 'src/raft/raft.ts'))).toHaveLength(1)
  })

  test('lines, in characters', () => {
    expect(rules.lengthViolations(code(`// ${'ö'.repeat(97)}`))).toEqual([])
    expect(rules.lengthViolations(code(`\n// ${'x'.repeat(98)}`))).toEqual([
      'src/raft/sample.ts:2 is 101 characters long',
    ])
  })

  test('functions of every kind', () => {
    const body = `{\n${'  f()\n'.repeat(69)}}`
    const forms = [
      `function f() ${body}`,
      `const f = () => ${body}`,
      `class A {\n  m() ${body}\n}`,
      `class A {\n  constructor() ${body}\n}`,
      `class A {\n  get m() ${body}\n}`,
    ]
    for (const text of forms) expect(rules.functionViolations(code(text))).toHaveLength(1)
    const shorter = `function f() {\n${'  f()\n'.repeat(68)}}`
    expect(rules.functionViolations(code(shorter))).toEqual([])
  })
})

describe('names and comments', () => {
  test('files that do not open with a comment', () => {
    expect(rules.openingViolations(code('import x'))).toHaveLength(1)
    for (const text of ['/** a */', '// a', '#!/usr/bin/env node\n// a']) {
      expect(rules.openingViolations(code(text))).toEqual([])
    }
  })

  test('what is left for later', () => {
    for (const word of ['DO', 'ME']) {
      const text = `a\n// ${word === 'DO' ? 'TO' : 'FIX'}${word}: b`
      expect(rules.leftoverViolations(code(text))).toHaveLength(1)
    }
    expect(rules.leftoverViolations(code('// to do: nothing; fixme not'))).toEqual([])
  })

  test('file names', () => {
    for (const path of ['src/raft/LogFile.ts', 'src/raft/log_file.ts', 'src/raft/utils.ts']) {
      expect(rules.fileNameViolations(path)).toHaveLength(1)
    }
    for (const path of ['src/raft/log-file.ts', 'docs/decisions/0001-a-b.md', 'test/a.test.ts']) {
      expect(rules.fileNameViolations(path)).toEqual([])
    }
  })

  test('type names', () => {
    const bad = ['interface ILog {}', 'class LogImpl {}', 'class LogManager {}']
    for (const text of bad) expect(rules.typeNameViolations(code(text))).toHaveLength(1)
    for (const text of ['interface Inflight {}', 'class IoError {}', 'class Log {}']) {
      expect(rules.typeNameViolations(code(text))).toEqual([])
    }
  })

  test('tests that do not run', () => {
    for (const how of ['only', 'skip', 'todo', 'skipIf(true)']) {
      for (const runner of ['test', 'it', 'describe']) {
        const text = `${runner}.${how}('x', () => {})`
        expect(rules.suspendedTestViolations(code(text))).toHaveLength(1)
      }
    }
    expect(rules.suspendedTestViolations(code('test("x", () => list.only)'))).toEqual([])
    expect(rules.suspendedTestViolations(code('test.each([1])("x", () => {})'))).toEqual([])
  })
})

describe('imports', () => {
  const house = rooms()
  const of = (text: string, path?: string) =>
    importViolations(code(text, path), house, new Set(['commander']))

  test('against the arrows', () => {
    expect(of("import { Server } from '../server/index.ts'")).toEqual([
      'src/raft/sample.ts:1 raft may not import server ' +
        "(its tsconfig.json has no such reference): '../server/index.ts'",
    ])
    expect(of("import type { A } from '../wire/index.ts'")).toHaveLength(1)
    expect(of("export { A } from '../wire/index.ts'")).toHaveLength(1)
    expect(of("import { a } from '../raft/index.ts'", 'src/transport/a.ts')).toHaveLength(1)
  })

  test('past the front door, out of src/, without an ending', () => {
    expect(of("import { a } from '../raft/log.ts'", 'src/server/a.ts')).toHaveLength(1)
    expect(of("import { a } from '../../test/a.ts'")).toHaveLength(1)
    expect(of("import { a } from './log'")).toHaveLength(1)
  })

  test('of the platform where it is not, and of what is not declared', () => {
    expect(of("import fs from 'node:fs'")).toHaveLength(1)
    expect(of("import fs from 'node:fs'", 'src/disk/a.ts')).toEqual([])
    expect(of("import { a } from 'left-pad'")).toHaveLength(1)
    expect(of("const a = await import('left-pad')")).toHaveLength(1)
    expect(of("import { Command } from 'commander'")).toEqual([])
  })

  test('that are in order', () => {
    expect(
      of("import { assert } from '../base/assert.ts'\nimport { Log } from './log.ts'"),
    ).toEqual([])
    expect(of("import { Log } from '../raft/index.ts'", 'src/server/a.ts')).toEqual([])
  })

  test('in a circle at run time', () => {
    const a = (text: string) => code(text, 'src/raft/a.ts')
    const b = (text: string) => code(text, 'src/raft/b.ts')
    const circle = [a("import { b } from './b.ts'"), b("import { a } from './a.ts'")]
    expect(circleViolations(circle)).toHaveLength(1)
    const types = [a("import { b } from './b.ts'"), b("import type { A } from './a.ts'")]
    expect(circleViolations(types)).toEqual([])
  })

  test('that nobody makes', () => {
    const files = [
      code("import './b.ts'", 'src/raft/a.ts'),
      code("import type { C } from './c.ts'", 'src/raft/b.ts'),
      code('export {}', 'src/raft/c.ts'),
      code("import './a.ts'", 'src/raft/d.ts'),
    ]
    expect(deadFileViolations(files, ['src/raft/a.ts'])).toEqual([
      'src/raft/d.ts:1 is reached from no program and no export',
    ])
    expect(deadFileViolations(files, ['src/raft/d.ts'])).toEqual([])
    expect(deadFileViolations(files, ['src/raft/d.ts', 'src/raft/e.ts'])).toHaveLength(1)
  })
})

describe('rooms', () => {
  const room = (name: string, mayImport: string[], hasNode = false): [string, Room] => [
    name,
    { name, mayImport: new Set(mayImport), hasNode },
  ]

  test('that import each other, have what they may not, or are unknown', () => {
    const of = (...list: [string, Room][]) => roomViolations(new Map(list))
    expect(of(room('base', []), room('raft', ['base']))).toEqual([])
    expect(of(room('base', ['raft']), room('raft', ['base']))).toHaveLength(2)
    expect(of(room('raft', [], true))).toHaveLength(1)
    expect(of(room('cellar', []))).toHaveLength(1)
    expect(of(room('raft', ['base']))).toHaveLength(1)
    expect(of(room('base', []), room('raft', []), room('transport', ['raft'], true))).toEqual([
      'src/transport/tsconfig.json:1 the transport moves bytes: no raft',
    ])
  })
})

describe('documents', () => {
  const of = (text: string, path = 'docs/sample.md') => linkViolations({ path, text }, readText)

  test('with dead links', () => {
    expect(of('a\n[x](nowhere.md)')).toEqual([
      'docs/sample.md:2 links to nowhere.md, which is not there',
    ])
    expect(of('[x](../package.json) [y](https://example.org/x) [z](../src/raft)')).toEqual([])
    expect(of('`[x](nowhere.md)`')).toEqual([])
    expect(of('[x](decisions/0002-callbacks-at-the-ports.md#no-such-heading)')).toHaveLength(1)
  })

  test('that name files which are not there', () => {
    const files = filesBelow('src')
    const named = (text: string) => pathViolations({ path: 'docs/sample.md', text }, files)
    expect(named('see src/raft/nothing.ts')).toEqual([
      'docs/sample.md:1 names src/raft/nothing.ts, which is not there',
    ])
    expect(named('`src/raft/log.ts`, `src/raft/`, src/raft/*.ts, dist/raft/x.js')).toEqual([])
    expect(named('src/nothing/*.ts')).toHaveLength(1)
  })
})
