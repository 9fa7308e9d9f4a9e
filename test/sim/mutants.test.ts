/**
 * The list of wrong versions (scripts/mutants) as it must be before any of them is run: each can be
 * planted in the code as it is, and docs/simulation.md says of each what caught it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

interface Edit {
  readonly file: string
  readonly replace: string
  readonly by: string
}

interface Mutant extends Partial<Edit> {
  readonly name: string
  readonly bug: string
  readonly edits?: readonly Edit[]
  readonly tests?: readonly string[]
}

const root = join(import.meta.dirname, '../..')
const list = pathToFileURL(join(root, 'scripts/mutants/list.mjs')).href
const { mutants } = (await import(list)) as { readonly mutants: readonly Mutant[] }

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function editsOf({ edits, file = '', replace = '', by = '' }: Mutant): readonly Edit[] {
  return edits ?? [{ file, replace, by }]
}

describe('the mutants', () => {
  test('can be planted: the text that each replaces stands in its file once', () => {
    const misplaced = mutants.filter((mutant) =>
      editsOf(mutant).some(({ file, replace }) => read(file).split(replace).length !== 2),
    )
    expect(misplaced.map(({ name }) => name)).toEqual([])
  })

  test('change something, and say what', () => {
    const idle = mutants.filter(
      (mutant) => mutant.bug === '' || editsOf(mutant).some(({ replace, by }) => replace === by),
    )
    expect(idle.map(({ name }) => name)).toEqual([])
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  test('name tests that there are', () => {
    const lost = mutants
      .flatMap(({ tests = [] }) => tests)
      .filter((path) => !existsSync(join(root, path)))
    expect(lost).toEqual([])
  })

  test('stand in docs/simulation.md, each once, with what caught it, and with their number', () => {
    const documented = read('docs/simulation.md')
    const rows = [...documented.matchAll(/^\| ([a-z0-9-]+) \| (.*) \| (.*) \| \d* \|$/gmu)]
    expect(rows.map(([, name]) => name)).toEqual(mutants.map(({ name }) => name))
    expect(rows.map(([, , bug]) => bug)).toEqual(mutants.map(({ bug }) => bug))
    expect(rows.filter(([, , , by]) => by === 'never run').map(([, name]) => name)).toEqual([])
    expect(documented).toContain(`There are ${mutants.length} of them, and each is caught.`)
  })
})
