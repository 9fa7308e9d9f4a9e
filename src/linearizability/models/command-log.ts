/**
 * A log of unique commands, as Raft promises it to the state machine: an append answers the index
 * the command got, and a read answers the commands, the first of them, or their digest. One log is
 * one partition.
 *
 * The states of a check share a tree: a log is its last command and the log before it, so that an
 * append costs the same however long the log is. What the answers of a history give away about the
 * place of a command is gathered beforehand (command-places.ts) and keeps the search narrow.
 */
import { assert, unreachable } from '../../base/assert.ts'
import type { Model } from '../model.ts'
import { CommandPlaces } from './command-places.ts'
import { emptyDigest, extendDigest } from './digest.ts'
import { noAnswer } from './register.ts'

export type CommandLogInput =
  /** No other append of the history may have the same command. */
  { readonly kind: 'append'; readonly command: string } | { readonly kind: 'read' }

export type CommandLogOutput =
  /** Answers an append: where the command is, a whole number >= 1. */
  | { readonly kind: 'index'; readonly index: number }
  /** Answers a read: all the commands. */
  | { readonly kind: 'all'; readonly commands: readonly string[] }
  /** Answers a read: the first commands; there may be more. */
  | { readonly kind: 'prefix'; readonly commands: readonly string[] }
  /** Answers a read: how many commands there are, and their `commandsDigest` (digest.ts). */
  | { readonly kind: 'digest'; readonly length: number; readonly digest: string }

/** A log; opaque. {@link logCommands} lists what is in it. */
export interface CommandLog {
  readonly before: CommandLog | null
  /** The last command; null in the empty log, and where it is one that nobody saw. */
  readonly command: string | null
  readonly length: number
  /** The index of the last command; where nobody learned it, the least it can be. */
  readonly lastIndex: number
  readonly digest: string
  /** The logs with one command more that were needed so far, by index and command. */
  readonly longer: Map<string, CommandLog>
}

/** How the indexes that appends are answered relate to the places of the commands in the log. */
export type CommandIndexes =
  /** The first command has index 1 and there are no gaps: index n is the n-th command. */
  | 'dense'
  /** Indexes only grow, as those of a Raft log, where entries that are no commands come between. */
  | 'growing'

/** The model of a command log. `indexes` is `dense` by default. */
export function commandLogModel(
  indexes: CommandIndexes = 'dense',
): Model<CommandLog, CommandLogInput, CommandLogOutput> {
  return logModel(indexes, null)
}

function logModel(
  indexes: CommandIndexes,
  places: CommandPlaces | null,
): Model<CommandLog, CommandLogInput, CommandLogOutput> {
  const root = emptyLog()
  return {
    name: indexes === 'dense' ? 'command-log' : 'growing-command-log',
    partition: () => '',
    init: () => root,
    step: (log, input, output) =>
      input.kind === 'append'
        ? stepAppend(log, input.command, output, indexes, places)
        : stepRead(log, output),
    key: (log) => log,
    readOnly: (input) => input.kind === 'read',
    ...(places === null ? {} : { alike: (input) => alike(input, places) }),
    narrow: (operations) => logModel(indexes, new CommandPlaces(operations, indexes)),
    describe,
    label,
    describeState,
  }
}

function emptyLog(): CommandLog {
  return {
    before: null,
    command: null,
    length: 0,
    lastIndex: 0,
    digest: emptyDigest,
    longer: new Map(),
  }
}

function alike(input: CommandLogInput, places: CommandPlaces): unknown {
  if (input.kind === 'read') return undefined
  return places.isUnseen(input.command) ? 'unseen' : undefined
}

function stepAppend(
  log: CommandLog,
  command: string,
  output: CommandLogOutput | undefined,
  indexes: CommandIndexes,
  places: CommandPlaces | null,
): CommandLog | undefined {
  if (output !== undefined && output.kind !== 'index') return undefined
  if (places !== null) {
    if (output === undefined && places.isNeedless(command)) return log
    if (!places.allows(command, log.length + 1)) return undefined
  }
  const index = output?.index ?? log.lastIndex + 1
  const isNext = indexes === 'dense' ? index === log.length + 1 : index > log.lastIndex
  if (!isNext) return undefined
  // Commands that nobody saw are all the same, as long as it is not said which states are possible.
  return longerBy(log, places?.isUnseen(command) === true ? null : command, index)
}

function longerBy(log: CommandLog, command: string | null, index: number): CommandLog {
  const key = JSON.stringify([index, command])
  const known = log.longer.get(key)
  if (known !== undefined) return known
  const longer: CommandLog = {
    before: log,
    command,
    length: log.length + 1,
    lastIndex: index,
    digest: extendDigest(log.digest, command ?? ''),
    longer: new Map(),
  }
  log.longer.set(key, longer)
  return longer
}

function stepRead(log: CommandLog, output: CommandLogOutput | undefined): CommandLog | undefined {
  if (output === undefined) return log
  switch (output.kind) {
    case 'index':
      return undefined
    case 'all':
      return output.commands.length === log.length && startsWith(log, output.commands)
        ? log
        : undefined
    case 'prefix':
      return startsWith(log, output.commands) ? log : undefined
    case 'digest':
      return output.length === log.length && output.digest === log.digest ? log : undefined
    default:
      return unreachable(output)
  }
}

function startsWith(log: CommandLog, commands: readonly string[]): boolean {
  if (log.length < commands.length) return false
  let at = log
  while (at.length > commands.length) at = previous(at)
  // From the end: where two logs of unique commands differ, they mostly differ there.
  for (; at.length > 0; at = previous(at)) {
    if (at.command !== commands[at.length - 1]) return false
  }
  return true
}

function previous(log: CommandLog): CommandLog {
  assert(log.before !== null, 'only the empty log has none before it')
  return log.before
}

/** The commands of a log, the oldest first. */
export function logCommands(log: CommandLog): readonly string[] {
  const commands: string[] = []
  for (let at = log; at.before !== null; at = at.before) commands.push(at.command ?? '')
  return commands.reverse()
}

function describe(input: CommandLogInput, output: CommandLogOutput | undefined): string {
  if (input.kind === 'append') {
    const command = JSON.stringify(input.command)
    if (output === undefined) return `asked to append ${command}${noAnswer}`
    return `appended ${command} ${output.kind === 'index' ? `at index ${output.index}` : ''}`.trim()
  }
  if (output === undefined) return `asked to read the log${noAnswer}`
  switch (output.kind) {
    case 'index':
      return `read the log and got index ${output.index}`
    case 'all':
      return `read ${commandsText(output.commands)}`
    case 'prefix':
      return `read that the log begins with ${commandsText(output.commands)}`
    case 'digest':
      return `read ${output.length} commands with digest ${output.digest}`
    default:
      return unreachable(output)
  }
}

function label(input: CommandLogInput, output: CommandLogOutput | undefined): string {
  if (input.kind === 'append') {
    return `${output?.kind === 'index' ? `${output.index}: ` : 'append '}${input.command}`
  }
  if (output === undefined) return 'read'
  if (output.kind === 'digest') return `read ${output.length} commands`
  return output.kind === 'index' ? 'read' : `read [${output.commands.join(' ')}]`
}

function describeState(log: CommandLog): string {
  return commandsText(logCommands(log))
}

/** Commands named when a log is put in words: the last ones say what happened. */
const commandsNamed = 8

function commandsText(commands: readonly string[]): string {
  const named = commands.slice(-commandsNamed).map((command) => JSON.stringify(command))
  const left = commands.length - named.length
  if (left > 0) named.unshift(`${left} commands`)
  return `[${named.join(', ')}]`
}
