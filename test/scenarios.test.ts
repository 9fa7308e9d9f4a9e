/**
 * Runs every play in test/scenarios. What comes of a play must be what is recorded in it, line for
 * line; `UPDATE=1` records it anew, and the difference is then reviewed like code.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseScenario, runScenario } from '../src/sim/scenario/index.ts'

const directory = join(import.meta.dirname, 'scenarios')
const isUpdate = process.env.UPDATE === '1'

describe('the plays', () => {
  const files = readdirSync(directory).filter((name) => name.endsWith('.txt'))

  test('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(35)
  })

  for (const file of files) {
    test(file, () => {
      const path = join(directory, file)
      const text = readFileSync(path, 'utf8')
      const result = runScenario(parseScenario(text, `test/scenarios/${file}`))
      if (result.failure !== null) throw result.failure
      if (isUpdate && !result.isAsRecorded) writeFileSync(path, result.text)
      else expect(result.text).toBe(text)
    })

    test(`${file} says first what it is about`, () => {
      const opening = readFileSync(join(directory, file), 'utf8').split(/\n(?!#)/u, 1)[0] ?? ''
      // Two sentences at least: the history, and the rule with its section.
      expect(opening).toMatch(/^# .*[.:]\s.*\./su)
      expect(opening).toMatch(/§\d/u)
    })
  }
})
