/**
 * A scenario file: paragraphs of commands, each followed by `----` and by what came of it. Lines
 * that begin with `#` are comments. The commands' own language is in parse-command.ts.
 */
import type { ServerId } from '../../raft/index.ts'
import type { Command } from './command.ts'
import { parseCommand } from './parse-command.ts'
import { Problem, ScenarioError } from './scenario-error.ts'

/** Commands that happen in one turn: mostly one, several where they are joined by `and`. */
export interface Step {
  /** From 1. */
  readonly line: number
  readonly commands: readonly Command[]
}

/** Commands up to a `----`, and the output that was recorded under it. */
export interface Block {
  readonly steps: readonly Step[]
  /** Comments, commands and blank lines, as they are written. */
  readonly source: readonly string[]
  /** Null where the file ends without `----`. */
  readonly expected: readonly string[] | null
}

export interface Scenario {
  /** For messages to people. */
  readonly file: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** Between commands and output. */
const ruler = '----'

/** Throws {@link ScenarioError} where the text is no scenario. */
export function parseScenario(text: string, file = 'scenario'): Scenario {
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const blocks: Block[] = []
  const servers = new Set<ServerId>()
  let at = 0
  while (at < lines.length) {
    const rulerAt = lines.indexOf(ruler, at)
    const end = rulerAt === -1 ? lines.length : rulerAt
    const source = lines.slice(at, end)
    const first = at + 1
    const steps = source.flatMap((line, i) => parseLine(line, file, first + i, servers))
    if (rulerAt === -1) {
      blocks.push({ steps, source, expected: null })
      break
    }
    const blankAt = lines.indexOf('', rulerAt)
    at = blankAt === -1 ? lines.length : blankAt
    blocks.push({ steps, source, expected: lines.slice(rulerAt + 1, at) })
  }
  return { file, text, blocks }
}

/** The steps of one line; adds to `servers` the names that it makes known. */
function parseLine(text: string, file: string, line: number, servers: Set<ServerId>): Step[] {
  if (text.startsWith('#')) return []
  try {
    // `servers 1 2 3, leader 1` is two commands.
    const turns = /^\s*servers\s/u.test(text) ? text.replaceAll(',', ';') : text
    return splitOutsideQuotes(turns, ';').map((turn) => ({
      line,
      commands: splitOutsideQuotes(turn, ' and ').map((phrase) => {
        const command = parseCommand(phrase, servers)
        if (command.kind === 'servers') nameServers(command.ids, servers)
        return command
      }),
    }))
  } catch (error) {
    if (error instanceof Problem) throw new ScenarioError(error.code, file, line, error.message)
    throw error
  }
}

function nameServers(ids: readonly ServerId[], servers: Set<ServerId>): void {
  if (servers.size > 0) throw new Problem('SYNTAX', 'the servers are named once')
  for (const id of ids) servers.add(id)
}

/** The pieces that are not blank. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces = ['']
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (character === '"') isQuoted = !isQuoted
    if (isQuoted && character === '\\') {
      pieces.push(`${pieces.pop()}${character}${text[i + 1] ?? ''}`)
      i += 1
    } else if (!isQuoted && text.startsWith(separator, i)) {
      pieces.push('')
      i += separator.length - 1
    } else {
      pieces.push(`${pieces.pop()}${character}`)
    }
  }
  return pieces.filter((piece) => piece.trim() !== '')
}

/** The file's text with `outputs` in the place of what was recorded; all else is as it was. */
export function rewrite(
  scenario: Scenario,
  outputs: readonly (readonly string[] | undefined)[],
): string {
  const lines: string[] = []
  for (const [i, block] of scenario.blocks.entries()) {
    const output = outputs[i] ?? block.expected ?? []
    lines.push(...block.source)
    if (block.expected !== null || output.length > 0) lines.push(ruler, ...output)
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
