/**
 * A scenario file: paragraphs of commands, each followed by `----` and by what came of it. Lines
 * that begin with `#` are comments. The commands' own language is in parse-command.ts. A file that
 * is played in several protocols (`protocol alpo raft`) has an output for each, under `---- alpo`
 * and `---- raft`, and commands for one of them alone (`on raft timeout 3`).
 */
import type { ServerId } from '../../raft/index.ts'
import type { Command } from './command.ts'
import { parseCommand } from './parse-command.ts'
import { isProtocol, type Protocol } from './protocol.ts'
import { Problem, ScenarioError } from './scenario-error.ts'
import { Words } from './words.ts'

/** Commands that happen in one turn: mostly one, several where they are joined by `and`. */
export interface Step {
  /** From 1. */
  readonly line: number
  readonly commands: readonly Command[]
  /** The protocol that it is meant for; null is any. */
  readonly only: Protocol | null
}

/** What came of a paragraph, in each protocol that it is recorded for. */
export type Outputs = ReadonlyMap<Protocol, readonly string[]>

/** Commands up to a `----`, and the output that was recorded under it. */
export interface Block {
  readonly steps: readonly Step[]
  /** Comments, commands and blank lines, as they are written. */
  readonly source: readonly string[]
  /** Null where the file ends without `----`. */
  readonly expected: Outputs | null
}

export interface Scenario {
  /** For messages to people. */
  readonly file: string
  readonly text: string
  /** Those it is played in, one after the other. */
  readonly protocols: readonly Protocol[]
  readonly blocks: readonly Block[]
}

/** What the lines so far have made known to those that follow. */
interface Known {
  readonly servers: Set<ServerId>
  protocols: readonly Protocol[]
}

/** Between commands and output; in a file for several protocols it names one of them. */
const ruler = /^----(?: (\w+))?$/

/** Throws {@link ScenarioError} where the text is no scenario. */
export function parseScenario(text: string, file = 'scenario'): Scenario {
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const blocks: Block[] = []
  const known: Known = { servers: new Set(), protocols: ['raft'] }
  let at = 0
  while (at < lines.length) {
    const rulerAt = lines.findIndex((line, i) => i >= at && ruler.test(line))
    const end = rulerAt === -1 ? lines.length : rulerAt
    const source = lines.slice(at, end)
    const first = at + 1
    const steps = source.flatMap((line, i) => parseLine(line, file, first + i, known))
    if (rulerAt === -1) {
      blocks.push({ steps, source, expected: null })
      break
    }
    const blankAt = lines.indexOf('', rulerAt)
    at = blankAt === -1 ? lines.length : blankAt
    const expected = parseOutputs(lines.slice(rulerAt, at), file, rulerAt + 1, known.protocols)
    blocks.push({ steps, source, expected })
  }
  return { file, text, protocols: known.protocols, blocks }
}

/** Outputs, each under its ruler. */
function parseOutputs(
  lines: readonly string[],
  file: string,
  firstLine: number,
  protocols: readonly Protocol[],
): Outputs {
  const outputs = new Map<Protocol, string[]>()
  let output: string[] = []
  for (const [i, line] of lines.entries()) {
    const found = ruler.exec(line)
    if (found === null) {
      output.push(line)
      continue
    }
    const protocol = found[1] ?? protocols[0]
    if (
      !protocols.some((known) => known === protocol) ||
      (found[1] === undefined) !== isOne(protocols)
    ) {
      const wanted = isOne(protocols)
        ? '----'
        : protocols.map((known) => `---- ${known}`).join(', ')
      throw new ScenarioError('SYNTAX', file, firstLine + i, `outputs stand under ${wanted}`)
    }
    output = []
    outputs.set(protocol as Protocol, output)
  }
  return outputs
}

function isOne(protocols: readonly Protocol[]): boolean {
  return protocols.length === 1
}

/** The steps of one line; adds to `known` what it makes known. */
function parseLine(text: string, file: string, line: number, known: Known): Step[] {
  if (text.startsWith('#')) return []
  try {
    if (/^\s*protocol\s/u.test(text)) {
      known.protocols = parseProtocols(text, known)
      return []
    }
    // `servers 1 2 3, leader 1` is two commands.
    const turns = /^\s*servers\s/u.test(text) ? text.replaceAll(',', ';') : text
    return splitOutsideQuotes(turns, ';').map((turn) => {
      const [, word = null, phrases = turn] = /^\s*on\s+(\w+)\s+(.*)$/su.exec(turn) ?? []
      const commands = splitOutsideQuotes(phrases, ' and ').map((phrase) => {
        const command = parseCommand(phrase, known.servers)
        if (command.kind === 'servers') nameServers(command.ids, known.servers)
        return command
      })
      return { line, commands, only: word === null ? null : protocolOf(word, known) }
    })
  } catch (error) {
    if (error instanceof Problem) throw new ScenarioError(error.code, file, line, error.message)
    throw error
  }
}

/** `protocol alpo raft`, before all else. */
function parseProtocols(text: string, { servers }: Known): Protocol[] {
  if (servers.size > 0) throw new Problem('SYNTAX', 'protocols are named before the servers')
  const words = new Words(text, servers)
  words.require('protocol')
  const protocols: Protocol[] = []
  while (!words.isAtEnd) {
    const word = words.word('a protocol')
    if (!isProtocol(word)) throw new Problem('SYNTAX', `there is no protocol "${word}"`)
    if (protocols.includes(word)) throw new Problem('SYNTAX', `${word} is named twice`)
    protocols.push(word)
  }
  if (protocols.length === 0) throw new Problem('SYNTAX', 'a protocol is missing')
  return protocols
}

function protocolOf(word: string, { protocols }: Known): Protocol {
  const protocol = protocols.find((known) => known === word)
  if (protocol !== undefined) return protocol
  throw new Problem('SYNTAX', `this is played in ${protocols.join(' and ')}, not in "${word}"`)
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

/** By protocol: what came of each paragraph; undefined where it did not run. */
export type Played = ReadonlyMap<Protocol, readonly (readonly string[] | undefined)[]>

/** The file's text with `played` in the place of what was recorded; all else is as it was. */
export function rewrite({ blocks, protocols }: Scenario, played: Played): string {
  const lines: string[] = []
  for (const [i, { source, expected }] of blocks.entries()) {
    lines.push(...source)
    for (const protocol of protocols) {
      const output = played.get(protocol)?.[i] ?? expected?.get(protocol) ?? []
      const isOnly = isOne(protocols)
      if (output.length === 0 && !(isOnly && expected !== null)) continue
      lines.push(isOnly ? '----' : `---- ${protocol}`, ...output)
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
