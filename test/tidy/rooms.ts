/**
 * The folders of src/ and what may stand in them: who may import whom comes from their tsconfig
 * files, so that the compiler and this test cannot disagree.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { readText, root, type Violation } from './tree.ts'

/** Decide: no platform, no time, no dice, nothing asynchronous. */
export const pureRooms: readonly string[] = [
  'base',
  'raft',
  'alpo',
  'state-machine',
  'wire',
  'linearizability',
]

/** Over ports: no platform, no time and no dice of their own. */
export const portRooms: readonly string[] = [
  'ports',
  'server',
  'client',
  'storage',
  'course',
  'sim',
]

/** The real world. */
export const touchRooms: readonly string[] = ['disk', 'transport', 'library', 'cli']

export interface Room {
  readonly name: string
  /** Whose files its files may import. */
  readonly mayImport: ReadonlySet<string>
  readonly hasNode: boolean
}

interface ProjectFile {
  readonly compilerOptions?: { readonly types?: readonly string[] }
  readonly references?: readonly { readonly path: string }[]
}

function projectFile(path: string): ProjectFile {
  const { config, error } = ts.parseConfigFileTextToJson(path, readText(path))
  if (error !== undefined) throw new Error(`${path} cannot be read`)
  return config as ProjectFile
}

export function rooms(): Map<string, Room> {
  const found = new Map<string, Room>()
  for (const item of readdirSync(join(root, 'src'), { withFileTypes: true })) {
    if (!item.isDirectory()) continue
    const { compilerOptions, references = [] } = projectFile(`src/${item.name}/tsconfig.json`)
    found.set(item.name, {
      name: item.name,
      mayImport: new Set(references.map(({ path }) => path.replace(/^\.\.\//, ''))),
      hasNode: compilerOptions?.types?.includes('node') ?? false,
    })
  }
  return found
}

/** Each folder has its place, and the arrows only go down. */
export function roomViolations(found: ReadonlyMap<string, Room>): Violation[] {
  const violations: Violation[] = []
  const placed = [...pureRooms, ...portRooms, ...touchRooms]
  for (const { name, hasNode, mayImport } of found.values()) {
    const where = `src/${name}/tsconfig.json:1`
    if (!placed.includes(name)) {
      violations.push(`${where} ${name} is none of the rooms in test/tidy/rooms.ts`)
    }
    if (hasNode && !touchRooms.includes(name)) {
      violations.push(`${where} ${name} does not touch the world, so it has no Node types`)
    }
    for (const target of mayImport) {
      if (!found.has(target)) violations.push(`${where} refers to ${target}, which is no room`)
    }
    if (reaches(found, mayImport, name))
      violations.push(`${where} ${name} imports itself in a circle`)
  }
  for (const forbidden of ['raft', 'wire']) {
    if (found.get('transport')?.mayImport.has(forbidden)) {
      violations.push(`src/transport/tsconfig.json:1 the transport moves bytes: no ${forbidden}`)
    }
  }
  return violations
}

function reaches(
  found: ReadonlyMap<string, Room>,
  from: ReadonlySet<string>,
  target: string,
  seen: Set<string> = new Set(),
): boolean {
  for (const next of from) {
    if (next === target) return true
    if (seen.has(next)) continue
    seen.add(next)
    if (reaches(found, found.get(next)?.mayImport ?? new Set(), target, seen)) return true
  }
  return false
}

/** Every room is built by the root project and known to the tests' project. */
export function projectViolations(found: ReadonlyMap<string, Room>): Violation[] {
  const violations: Violation[] = []
  for (const [path, prefix] of [
    ['tsconfig.json', 'src/'],
    ['test/tsconfig.json', '../src/'],
  ] as const) {
    const named = new Set((projectFile(path).references ?? []).map((reference) => reference.path))
    for (const name of found.keys()) {
      if (!named.has(`${prefix}${name}`)) violations.push(`${path}:1 does not refer to src/${name}`)
    }
  }
  return violations
}
