/** docs/guarantees.md says nothing without a test: each that it names is there, by that title. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../tidy/tree.ts'

const page = readFileSync(join(root, 'docs/guarantees.md'), 'utf8')

describe('docs/guarantees.md', () => {
  test('names tests that there are', () => {
    const named = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)]
    expect(named.length).toBeGreaterThan(30)
    const missing = named.filter(([, title, path]) => {
      const text = readFileSync(join(root, path as string), 'utf8')
      return !["'", '"'].some((quote) => text.includes(`test(${quote}${title}${quote}`))
    })
    expect(missing.map(([, title, path]) => `${path}: ${title}`)).toEqual([])
  })

  test('speaks of every code that an operation can fail with', () => {
    const source = readFileSync(join(root, 'src/client/kontiki-error.ts'), 'utf8')
    const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'$/gm)].map(([, code]) => code as string)
    expect(codes.length).toBeGreaterThan(8)
    for (const code of codes) expect(page).toContain(`| \`${code}\` |`)
  })
})
