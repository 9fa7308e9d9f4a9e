/**
 * `kontiki check FILE...`: are recorded histories linearizable? The exit status is the verdict, so
 * what is no verdict at all has statuses of its own, those of sysexits.h: a script must be able to
 * tell "illegal" from "no such file".
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander'
import { HistoryError, HistoryFormatError, type Verdict } from '../../linearizability/index.ts'
import { wholeNumber } from '../number-option.ts'
import { systemReason } from '../program.ts'
import {
  type Budgets,
  type Finding,
  type FormatName,
  formatNames,
  type ModelName,
  modelNames,
  modelsOfFormat,
  type RecordedHistory,
  readHistory,
} from './recorded-history.ts'

/**
 * Exit statuses. With several files the worst verdict counts, and illegal is worse than unknown.
 */
export const checkStatus = {
  ok: 0,
  illegal: 1,
  unknown: 2,
  wrongUsage: 64,
  malformedFile: 65,
  unreadableFile: 66,
  bug: 70,
  unwritablePage: 73,
} as const

/** Where the command writes and how it ends; the real ones by default. */
export interface CheckWorld {
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
  /** Ends the process at once; only wrong usage and help do. */
  readonly exit: (status: number) => never
  /** The status with which the process is to end. */
  readonly setStatus: (status: number) => void
}

const processWorld: CheckWorld = {
  write: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  exit: (status) => process.exit(status),
  setStatus: (status) => {
    process.exitCode = status
  },
}

interface CheckCommandOptions {
  readonly format: FormatName
  readonly model?: ModelName
  readonly budgetSeconds: number
  readonly budgetMegabytes: number
  readonly steps?: number
  readonly html?: string
}

/** What an answer is worth waiting for at a terminal, and in a continuous build. */
const budgetSecondsDefault = 60
const budgetSecondsMax = 1_000_000
/** As the library's default; a verdict that needs more is worth asking for it. */
const budgetMegabytesDefault = 512
/** The cache is found by 32-bit indexes. */
const budgetMegabytesMax = 4096
const bytesPerMegabyte = 1024 * 1024
const stepsLimit = 999_999_999_999_999

/** The command, to be mounted under `kontiki`. */
export function checkCommand(world: CheckWorld = processWorld): Command {
  const command = new VerdictCommand('check', world)
  return command
    .description('Check whether recorded histories are linearizable.')
    .argument('<files...>', 'histories, one in each file')
    .addOption(
      new Option('--format <format>', 'what the files are written in')
        .choices(formatNames)
        .default('json'),
    )
    .addOption(
      new Option(
        '--model <model>',
        'what was used (default: what the first line says, or what fits the format)',
      ).choices(modelNames),
    )
    .option(
      '--budget-seconds <n>',
      'time for each file; past it the verdict is unknown',
      wholeNumber(1, budgetSecondsMax),
      budgetSecondsDefault,
    )
    .option(
      '--budget-megabytes <n>',
      'memory for each file; past it the verdict is unknown',
      wholeNumber(1, budgetMegabytesMax),
      budgetMegabytesDefault,
    )
    .option(
      '--steps <n>',
      'steps for each file; past them the verdict is unknown',
      wholeNumber(1, stepsLimit),
    )
    .option('--html <out>', 'write a page that shows the history (one FILE only)', pagePath)
    .addHelpText(
      'after',
      '\nExit status: 0 ok, 1 illegal, 2 unknown (the worst of several files);\n' +
        '64 wrong usage, 65 malformed FILE, 66 unreadable FILE, 73 page not written: no verdict.\n',
    )
    .action((files: string[], options: CheckCommandOptions) => {
      assertUsage(command, files, options)
      world.setStatus(endingWithStatus(world, () => checkFiles(world, files, options)))
    })
}

/** Keeps its own way to end, whatever the program it is mounted in does about wrong usage. */
class VerdictCommand extends Command {
  readonly #world: CheckWorld

  constructor(name: string, world: CheckWorld) {
    super(name)
    this.#world = world
    this.#keepStatus()
  }

  override copyInheritedSettings(source: Command): this {
    super.copyInheritedSettings(source)
    this.#keepStatus()
    return this
  }

  #keepStatus(): void {
    this.exitOverride((error: CommanderError) =>
      this.#world.exit(error.exitCode === 0 ? 0 : checkStatus.wrongUsage),
    )
  }
}

function pagePath(path: string): string {
  if (path === '') throw new InvalidArgumentError('It must be the path of a file.')
  return path
}

function assertUsage(
  command: Command,
  files: readonly string[],
  options: CheckCommandOptions,
): void {
  const { format, model, html } = options
  const fitting = modelsOfFormat[format]
  if (model !== undefined && !fitting.includes(model)) {
    command.error(`error: --format ${format} goes with --model ${fitting.join(' or ')}`)
  }
  if (html !== undefined && files.length > 1) {
    command.error('error: --html takes one FILE: a page shows one history')
  }
}

/** Something that ends the command without a verdict. */
class NoVerdict extends Error {
  override readonly name = 'NoVerdict'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Whatever goes wrong ends in one line and a status that is no verdict. */
function endingWithStatus(world: CheckWorld, run: () => number): number {
  try {
    return run()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const isExpected = error instanceof NoVerdict
    const line = message.replace(/\s*\n\s*/g, ' ')
    world.complain(`kontiki check: ${isExpected ? line : `a bug in kontiki: ${line}`}\n`)
    return isExpected ? error.status : checkStatus.bug
  }
}

function checkFiles(
  world: CheckWorld,
  files: readonly string[],
  options: CheckCommandOptions,
): number {
  // All are read before any is checked: a name that is wrong should not be found out after an hour.
  const histories = files.map((file) => readFile(file, options))
  const budgets: Budgets = {
    seconds: options.budgetSeconds,
    steps: options.steps ?? Number.POSITIVE_INFINITY,
    memoryBytes: options.budgetMegabytes * bytesPerMegabyte,
  }
  const counts: Record<Verdict, number> = { ok: 0, illegal: 0, unknown: 0 }
  for (const [i, file] of files.entries()) {
    const finding = checkFile(file, histories[i] as RecordedHistory, budgets)
    counts[finding.verdict]++
    world.write(findingText(file, finding))
    if (options.html !== undefined) writePage(options.html, finding.draw(file))
  }
  if (files.length > 1) {
    const { ok, illegal, unknown } = counts
    world.write(`${files.length} files: ${ok} ok, ${illegal} illegal, ${unknown} unknown\n`)
  }
  if (counts.illegal > 0) return checkStatus.illegal
  return counts.unknown > 0 ? checkStatus.unknown : checkStatus.ok
}

function readFile(file: string, options: CheckCommandOptions): RecordedHistory {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new NoVerdict(checkStatus.unreadableFile, `${file}: ${systemReason(error)}`)
  }
  return naming(file, () => readHistory(text, options.format, options.model ?? null))
}

function checkFile(file: string, history: RecordedHistory, budgets: Budgets): Finding {
  return naming(file, () => history.check(budgets))
}

/** What is wrong with a history is told with the name of its file. */
function naming<Result>(file: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (error instanceof HistoryFormatError || error instanceof HistoryError) {
      throw new NoVerdict(checkStatus.malformedFile, `${file}: ${error.message}`)
    }
    throw error
  }
}

function findingText(file: string, finding: Finding): string {
  const { verdict, words, operationCount, partitionCount, steps } = finding
  const counts = [
    counted(operationCount, 'operation'),
    counted(partitionCount, 'partition'),
    counted(steps, 'step'),
  ].join(', ')
  const reasons = verdict === 'ok' ? [] : words
  return [`${file}: ${verdict} (${counts})`, ...reasons.map((line) => `  ${line}`), ''].join('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page)
  } catch (error) {
    throw new NoVerdict(checkStatus.unwritablePage, `${path}: ${systemReason(error)}`)
  }
}
