/**
 * Every program in examples/ that embeds servers runs, prints what examples/README.md says, and
 * ends by itself. The others, which need servers, are at least named there.
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { freePorts } from '../harness/free-ports.ts'
import { root } from '../tidy/tree.ts'

const run = promisify(execFile)
const folder = join(root, 'examples')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')

/** What the README says that the program prints. */
function printedBy(file: string): string {
  const printed = readme.split(`## [${file}](${file})`)[1]?.match(/```\n([\s\S]*?)```/)?.[1]
  if (printed === undefined) throw new Error(`examples/README.md does not show ${file}`)
  return printed
}

const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'))

function textOf(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

const programs = files.filter((file) => textOf(file).includes("from 'kontiki'"))

describe('examples', () => {
  test('are there, and no two of them take the same ports', () => {
    expect(programs.length).toBeGreaterThanOrEqual(4)
    for (const file of files) expect(readme).toContain(`[${file}](${file})`)
    const ports = programs.map((file) => /PORTS \?\? '([\d,]+)'/.exec(textOf(file))?.[1])
    expect(new Set(ports).size).toBe(programs.length)
    expect(ports).not.toContain(undefined)
  })

  test.each(programs)(
    '%s',
    async (file) => {
      const env = { ...process.env, PORTS: (await freePorts(3)).join(',') }
      const path = join(folder, file)
      const result = await run(process.execPath, [path], { env, timeout: 60_000 })
      expect(result).toEqual({ stdout: printedBy(file), stderr: '' })
    },
    90_000,
  )
})
