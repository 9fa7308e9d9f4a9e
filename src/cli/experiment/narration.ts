/**
 * A play for whoever watches it: its prose, its commands, and what the servers did, paragraph by
 * paragraph. A play on two protocols has them side by side.
 */
import { readFileSync } from 'node:fs'
import { type Block, parseScenario, runScenario } from '../../sim/scenario/index.ts'
import { systemReason } from '../program.ts'
import type { Paint } from '../table.ts'

export interface Scene {
  readonly file: string
  /** Null where it went as it must. */
  readonly problem: string | null
  /** The play with what came of it now. */
  readonly text: string
}

/** Plays one of the package's own scenarios. */
export function perform(name: string): Scene {
  const file = `test/scenarios/${name}`
  const recorded = readScenario(file)
  const { text, failure, isAsRecorded } = runScenario(parseScenario(recorded, file))
  const differs = isAsRecorded ? null : 'something else came of it than is recorded'
  return { file, problem: failure?.message ?? differs, text }
}

function readScenario(file: string): string {
  try {
    return readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read: ${systemReason(error)}`)
  }
}

/** Prose as it is, commands after `>`, and under them what came of them. */
export function narrate({ file, text }: Scene, paint: Paint): string[] {
  const { protocols, blocks } = parseScenario(text, file)
  return [
    paint('bold', file),
    ...blocks.flatMap((block) => [
      ...block.source.map((line) => sourceLine(line, paint)),
      ...(protocols.length === 1 ? alone(block) : sideBySide(block, paint)),
    ]),
    '',
  ]
}

function sourceLine(line: string, paint: Paint): string {
  if (line === '') return ''
  if (line.startsWith('#')) return paint('italic', line.replace(/^# ?/, ''))
  return paint('dim', `> ${line}`)
}

function alone({ expected }: Block): string[] {
  return [...(expected?.values() ?? [])].flat().map((line) => `    ${line}`)
}

/** Columns, as wide as the longest line of the left one. */
function sideBySide({ expected }: Block, paint: Paint): string[] {
  const [left, right] = ['alpo', 'raft'].map((name) => {
    for (const [protocol, lines] of expected ?? []) if (protocol === name) return lines
    return []
  }) as [readonly string[], readonly string[]]
  if (left.length + right.length === 0) return []
  const width = Math.max(...[...left, 'ALPO'].map((line) => line.length))
  const row = (a: string, b: string): string => `    ${a.padEnd(width)}  |  ${b}`.trimEnd()
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    row(left[i] ?? '', right[i] ?? ''),
  )
  return [paint('bold', row('ALPO', 'Raft')), ...rows]
}
