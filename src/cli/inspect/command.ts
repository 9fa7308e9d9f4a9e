/** `kontiki inspect`: what a data directory holds. It changes nothing in it. */
import { Command } from 'commander'
import type { Inspection } from '../../storage/index.ts'
import { wholeNumber } from '../number-option.ts'
import { unwritable } from '../processes/interruption.ts'
import { inspect } from './directory.ts'
import { entryJson } from './entry-json.ts'
import { problemsOf, summaryJson, summaryLines } from './summary.ts'

interface Given {
  readonly entries?: true
  readonly from: number
  readonly to: number
  readonly json?: true
  readonly live?: true
}

/** Lines that are put together before they are written. */
const linesAtOnce = 1000

export function inspectCommand(): Command {
  const index = wholeNumber(1, Number.MAX_SAFE_INTEGER)
  return new Command('inspect')
    .description(
      'Shows what a data directory holds: whose it is, term, vote, log and snapshot, with every ' +
        'checksum verified. Nothing is changed. Exit status: 0 where all is in order, 1 where ' +
        'something is damaged (the message says file and offset) or cannot be read.',
    )
    .argument('<dir>', 'the data directory of a server')
    .option('--entries', "print the log's entries instead, one JSON object a line")
    .option('--from <index>', 'the first of them', index, 1)
    .option('--to <index>', 'the last of them', index, Number.MAX_SAFE_INTEGER)
    .option('--json', 'print what it holds as one JSON object')
    .option('--live', 'also while a server has it: its last write may look unfinished')
    .action(async (dir: string, given: Given) => {
      const inspection = await inspect(dir, given.live ? 'show' : 'hint at --live')
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit()
        else unwritable(error)
      })
      if (given.entries) await printEntries(inspection, given)
      else if (given.json) print([JSON.stringify(summaryJson(dir, inspection))])
      else print(summaryLines(dir, inspection))
      const problems = problemsOf(inspection)
      for (const problem of problems) process.stderr.write(`kontiki inspect: ${problem}\n`)
      process.exitCode = problems.length === 0 ? 0 : 1
    })
}

function print(lines: readonly string[]): boolean {
  return process.stdout.write(`${lines.join('\n')}\n`)
}

async function printEntries({ log }: Inspection, { from, to }: Given): Promise<void> {
  const wanted = (log.value?.entries ?? []).filter(({ index }) => index >= from && index <= to)
  for (let at = 0; at < wanted.length; at += linesAtOnce) {
    const lines = wanted
      .slice(at, at + linesAtOnce)
      .map((entry) => JSON.stringify(entryJson(entry)))
    if (!print(lines)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}
