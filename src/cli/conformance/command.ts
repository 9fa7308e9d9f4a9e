/** `kontiki conformance`: its options, and what it says of an implementation. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../number-option.ts'
import { interruption } from '../processes/interruption.ts'
import { type Paint, paintFor } from '../table.ts'
import { askAll, type Verdict } from './ask.ts'
import { type Check, checks } from './checks/index.ts'
import { type Rule, rules } from './rules.ts'

interface Given {
  readonly only?: readonly Rule[]
  readonly patienceSeconds: number
  readonly quietMs: number
  readonly keep?: true
  readonly json?: true
}

export function conformanceCommand(): Command {
  return new Command('conformance')
    .description(
      'Judges an implementation of the course project, in any language, by what it says on the ' +
        'network and writes into its log file. COMMAND is called as often as needed, with ' +
        'host:port and the file of servers behind its own arguments. Status 0: there is nothing ' +
        'to blame it for; 1: there is, and each blame names its rule. See docs/conformance.md.',
    )
    .usage('[options] -- COMMAND...')
    .argument('<command...>', 'the server and its arguments')
    .option('--only <rules>', 'these rules only, as in R5,C8', rulesOf)
    .addOption(
      new Option('--patience-seconds <number>', 'how long what must happen may take')
        .argParser(wholeNumber(1, 600))
        .default(5),
    )
    .addOption(
      new Option(
        '--quiet-ms <number>',
        'how long what must not happen is waited for; above its longest election timeout',
      )
        .argParser(wholeNumber(50, 600_000))
        .default(400),
    )
    .option('--keep', 'keep the folder with the servers’ files')
    .option('--json', 'print the verdicts as JSON')
    .action((words: readonly string[], given: Given) => judge(words, given))
}

function rulesOf(text: string): Rule[] {
  return text.split(',').map((word) => {
    if (word in rules) return word as Rule
    throw new InvalidArgumentError(
      `There is no rule ${word}; there are: ${Object.keys(rules).join(', ')}.`,
    )
  })
}

async function judge(command: readonly string[], given: Given): Promise<void> {
  const signal = interruption()
  const folder = mkdtempSync(join(tmpdir(), 'kontiki-conformance-'))
  const paint = paintFor(process.stdout)
  try {
    const verdicts = await askAll(chosen(given.only), {
      command,
      folder,
      signal,
      patienceMs: 1000 * given.patienceSeconds,
      quietMs: given.quietMs,
      asked: (check, verdict) => {
        if (!given.json) console.log(lineOf(check, verdict, paint))
      },
    })
    const blamed = verdicts.filter(({ blame }) => blame !== null)
    if (given.json) console.log(JSON.stringify({ command, verdicts }))
    else
      for (const line of summary(verdicts, given.keep === true ? folder : null)) console.log(line)
    process.exitCode = blamed.length === 0 ? 0 : 1
  } finally {
    if (given.keep !== true) await rm(folder, { recursive: true, force: true })
  }
}

function chosen(only: readonly Rule[] | undefined): Check[] {
  return checks.filter(({ rule }) => only === undefined || only.includes(rule))
}

function lineOf({ rule, name }: Check, { blame, undecided }: Verdict, paint: Paint): string {
  if (blame !== null) {
    return `${paint('red', 'BLAME')}  ${blame.rule.padEnd(4)}${name}\n           ${blame.what}`
  }
  const mark = undecided === null ? paint('green', 'ok   ') : '?    '
  const why = undecided === null ? '' : `\n           not decided: ${undecided}`
  return `${mark}  ${rule.padEnd(4)}${name}${why}`
}

function summary(verdicts: readonly Verdict[], folder: string | null): string[] {
  const blamed = [...new Set(verdicts.flatMap(({ blame }) => blame?.rule ?? []))].sort()
  const undecided = verdicts.filter((verdict) => verdict.undecided !== null).length
  const lines = ['', `${verdicts.length} questions, ${undecided} not decided`]
  for (const rule of blamed) lines.push(`blamed by ${rule}: ${rules[rule]}`)
  if (blamed.length === 0) lines.push('nothing to blame it for')
  if (folder !== null) lines.push(`everything is kept in ${folder}`)
  return lines
}
