/**
 * `kontiki experiment`: runs an experiment, prints its tables and what follows from them, and
 * writes its charts; or plays the histories that answer a question, step by step. The same seed and
 * trials give the same figures on every machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  type Experiment,
  experiments,
  type Measured,
  type Performed,
  type Report,
} from '../../sim/experiments/index.ts'
import { wholeNumber } from '../number-option.ts'
import { systemReason } from '../program.ts'
import { paintFor, tableLines } from '../table.ts'
import { narrate, perform } from './narration.ts'
import { pageOf, picturesOf } from './page.ts'

interface Given {
  readonly seed: string
  readonly trials?: number
  readonly folder: string
  readonly plot: boolean
  readonly json?: true
}

const trialsMax = 100_000

export function experimentCommand(): Command {
  const names = experiments.map(({ name }) => name).join(', ')
  return new Command('experiment')
    .description(
      `Answers a question by running the real core in a simulated world: ${names}. ` +
        '`list` says what each of them asks. See docs/lecture.md.',
    )
    .argument('<name>', 'the experiment, or list', nameOf)
    .option('--seed <text>', 'other seeds, other dice', '1')
    .addOption(
      new Option(
        '--trials <number>',
        'repetitions of whatever is left to chance (default: as list says)',
      ).argParser(wholeNumber(1, trialsMax)),
    )
    .option('--folder <path>', 'where NAME.svg and NAME.html are written', '.')
    .option('--no-plot', 'write no files')
    .option('--json', 'print the figures as one JSON object')
    .action((experiment: Experiment | 'list', given: Given, command: Command) => {
      if (experiment === 'list' || experiment.kind !== 'measured') refuseFigures(command)
      if (experiment === 'list') list(given)
      else if (experiment.kind === 'measured') measure(experiment, given)
      else play(experiment, given)
    })
}

/** What says how figures are made, and where they go, has no meaning where there are none. */
function refuseFigures(command: Command): void {
  for (const { attributeName, long } of command.options.map(nameOfOption)) {
    if (long === '--json' || command.getOptionValueSource(attributeName) !== 'cli') continue
    command.error(`error: ${long} is for experiments that measure; see kontiki experiment list`)
  }
}

function nameOfOption(option: Option): { attributeName: string; long: string } {
  return { attributeName: option.attributeName(), long: option.long ?? option.flags }
}

function nameOf(text: string): Experiment | 'list' {
  const found = text === 'list' ? text : experiments.find(({ name }) => name === text)
  if (found !== undefined) return found
  throw new InvalidArgumentError(`There is no experiment ${text}; see kontiki experiment list.`)
}

function list({ json }: Given): void {
  const rows = experiments.map((experiment) => {
    const { name, answers, question } = experiment
    const trials = experiment.kind === 'measured' ? experiment.trials : null
    return { name, answers, question, trials }
  })
  if (json) {
    console.log(JSON.stringify(rows))
    return
  }
  const titles = [{ title: 'name' }, { title: 'for' }, { title: 'trials' }, { title: 'question' }]
  const cells = rows.map(({ name, answers, trials, question }) => {
    return [name, answers, String(trials ?? '-'), question]
  })
  for (const line of tableLines(titles, cells, paintFor(process.stdout))) console.log(line)
}

function measure(experiment: Measured, { seed, trials, folder, plot, json }: Given): void {
  const count = trials ?? experiment.trials
  const report = experiment.run({ seed, trials: count, progress })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const command = `kontiki experiment ${experiment.name} --seed ${seed} --trials ${count}`
  const files = plot && report.charts.length > 0 ? write(experiment, report, command, folder) : []
  if (json) {
    const { name } = experiment
    console.log(JSON.stringify({ experiment: name, seed, trials: count, files, ...report.data }))
    return
  }
  for (const line of linesOf(report)) console.log(line)
  if (files.length > 0) console.log(`\nwritten: ${files.join(', ')}`)
}

/** Status 1 where a play did not go as it must. */
function play({ name, scenarios }: Performed, { json }: Given): void {
  const scenes = scenarios.map(perform)
  const paint = paintFor(process.stdout)
  if (json) console.log(JSON.stringify({ experiment: name, scenes }))
  for (const scene of scenes) {
    if (!json) console.log(narrate(scene, paint).join('\n'))
    if (scene.problem === null) continue
    console.error(`kontiki experiment: ${scene.problem}`)
    process.exitCode = 1
  }
}

let shown = -1

function progress(share: number): void {
  const percent = Math.floor(100 * share)
  if (!process.stderr.isTTY || percent === shown) return
  shown = percent
  process.stderr.write(`\r${percent} %`)
}

function linesOf({ setting, tables, findings }: Report): string[] {
  const paint = paintFor(process.stdout)
  const shownTables = tables.flatMap(({ title, columns, rows }) => [
    '',
    title,
    '',
    ...tableLines(columns, rows, paint),
  ])
  return [...setting, ...shownTables, '', ...findings]
}

/** Returns the files' paths. */
function write(experiment: Measured, report: Report, command: string, folder: string): string[] {
  const pictures = join(folder, `${experiment.name}.svg`)
  const page = join(folder, `${experiment.name}.html`)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(pictures, picturesOf(report))
    writeFileSync(page, pageOf(experiment, report, command))
  } catch (error) {
    throw new Error(`the plot cannot be written: ${systemReason(error)}`)
  }
  return [pictures, page]
}
