/**
 * Imports: along the arrows, through the front doors, never in a circle, and nothing that nobody
 * imports.
 */
import { posix } from 'node:path'
import ts from 'typescript'
import type { Room } from './rooms.ts'
import { type Code, readText, roomOf, type Violation } from './tree.ts'

interface Import {
  readonly node: ts.Node
  readonly target: string
  /** Erased by the compiler: it makes no circle at run time. */
  readonly isType: boolean
}

function importsOf(code: Code): Import[] {
  const found: Import[] = []
  for (const node of code.nodes()) {
    if (ts.isImportDeclaration(node)) {
      const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      found.push({ node, target: textOf(node.moduleSpecifier), isType })
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      found.push({ node, target: textOf(node.moduleSpecifier), isType: node.isTypeOnly })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [target] = node.arguments
      if (target !== undefined) found.push({ node, target: textOf(target), isType: false })
    }
  }
  return found
}

function textOf(node: ts.Node): string {
  return ts.isStringLiteralLike(node) ? node.text : ''
}

function resolve(code: Code, target: string): string {
  return posix.normalize(posix.join(posix.dirname(code.path), target))
}

/** Imports of one file of src/ against the arrows, and against what its room may know. */
export function importViolations(
  code: Code,
  rooms: ReadonlyMap<string, Room>,
  dependencies: ReadonlySet<string>,
): Violation[] {
  const violations: Violation[] = []
  const room = rooms.get(roomOf(code.path))
  if (room === undefined) return [`${code.path}:1 stands in no room of src/`]
  for (const { node, target } of importsOf(code)) {
    const say = (rule: string) => violations.push(`${code.at(node)} ${rule}: '${target}'`)
    if (target.startsWith('node:')) {
      if (!room.hasNode) say(`${room.name} does not touch the world, so it imports no node:`)
    } else if (!target.startsWith('.')) {
      const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
      if (!dependencies.has(name)) say('imports only dependencies that package.json declares')
    } else {
      const path = resolve(code, target)
      const other = path.startsWith('src/') ? roomOf(path) : null
      if (other === null) say('imports stay within src/')
      else if (other !== room.name && !room.mayImport.has(other)) {
        say(`${room.name} may not import ${other} (its tsconfig.json has no such reference)`)
      } else if (other !== room.name && other !== 'base' && !path.endsWith('/index.ts')) {
        say(`${other} is entered through its index.ts`)
      } else if (!/\.(ts|js)$/.test(path)) say('imports name the file, with its ending')
    }
  }
  return violations
}

/** The files that each file imports, those that only give it types left out or not. */
function graph(codes: readonly Code[], withTypes: boolean): Map<string, string[]> {
  const paths = new Set(codes.map(({ path }) => path))
  return new Map(
    codes.map((code) => [
      code.path,
      importsOf(code)
        .filter(({ target, isType }) => target.startsWith('.') && (withTypes || !isType))
        .map(({ target }) => resolve(code, target))
        .filter((path) => paths.has(path)),
    ]),
  )
}

/** Files that import each other at run time: which is loaded first then depends on who asks. */
export function circleViolations(codes: readonly Code[]): Violation[] {
  const imports = graph(codes, false)
  const done = new Set<string>()
  const violations: Violation[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      const circle = [...trail.slice(trail.indexOf(path)), path].join(' -> ')
      violations.push(`${path}:1 imports itself in a circle: ${circle}`)
      return
    }
    if (done.has(path)) return
    for (const next of imports.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const { path } of codes) walk(path, [])
  return violations
}

/** What is run or imported from outside: the programs of bin/ and the exports of the package. */
export function entries(bins: readonly Code[]): string[] {
  const { exports } = JSON.parse(readText('package.json')) as { exports: Record<string, unknown> }
  const published = JSON.stringify(exports).matchAll(/"\.\/dist\/([^"]+)\.js"/g)
  const loaded = bins.flatMap(({ text }) => [...text.matchAll(/load\('([^']+)\.js'\)/g)])
  return [...published, ...loaded].map((match) => `src/${match[1]}.ts`)
}

/** Files of src/ that no entry reaches. */
export function deadFileViolations(
  codes: readonly Code[],
  entryPaths: readonly string[],
): Violation[] {
  const imports = graph(codes, true)
  const violations: Violation[] = []
  for (const path of entryPaths) {
    if (!imports.has(path)) violations.push(`package.json:1 names an entry without a file: ${path}`)
  }
  const alive = new Set<string>()
  const waiting = [...entryPaths]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (alive.has(path)) continue
    alive.add(path)
    waiting.push(...(imports.get(path) ?? []))
  }
  for (const { path } of codes) {
    if (!alive.has(path)) violations.push(`${path}:1 is reached from no program and no export`)
  }
  return violations
}
