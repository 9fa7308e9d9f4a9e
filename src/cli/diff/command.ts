/** `kontiki diff`: where the logs of two data directories part. It changes nothing in them. */
import { Command } from 'commander'
import type { InspectedLog, Inspection } from '../../storage/index.ts'
import { inspect } from '../inspect/directory.ts'
import { entryJson } from '../inspect/entry-json.ts'
import { problemsOf } from '../inspect/summary.ts'
import { type Comparison, compareLogs } from './comparison.ts'

interface Given {
  readonly json?: true
  readonly live?: true
}

export function diffCommand(): Command {
  return new Command('diff')
    .description(
      'Compares the logs of two data directories: the first index at which they differ, and what ' +
        'each has there. Nothing is changed. Exit status: 0 where all that both have is the ' +
        'same, 1 where they differ, or one is damaged or cannot be read.',
    )
    .argument('<dir>', 'the data directory of a server')
    .argument('<dir>', 'that of another')
    .option('--json', 'print one JSON object')
    .option('--live', 'also while servers have them: what they write now may look unfinished')
    .action(async (one: string, other: string, given: Given) => {
      const inUse = given.live ? 'show' : 'hint at --live'
      const [mine, theirs] = [await inspect(one, inUse), await inspect(other, inUse)]
      const logs = [logOf(one, mine), logOf(other, theirs)] as const
      const comparison = compareLogs(...logs)
      const lines = given.json
        ? [JSON.stringify(comparisonJson(comparison, logs))]
        : comparisonLines(comparison, [one, other], logs)
      process.stdout.write(`${lines.join('\n')}\n`)
      process.exitCode = comparison.kind === 'different' ? 1 : 0
    })
}

/** Throws what is wrong with it. */
function logOf(path: string, inspection: Inspection): InspectedLog {
  const [problem] = problemsOf(inspection)
  if (problem !== undefined) throw new Error(problem)
  if (inspection.log.value !== null) return inspection.log.value
  throw new Error(`${path} holds no log`)
}

type Pair<T> = readonly [T, T]

function comparisonLines(
  comparison: Comparison,
  paths: Pair<string>,
  logs: Pair<InspectedLog>,
): string[] {
  const ends = paths.map((path, i) => `${path}: ${rangeText(logs[i] as InspectedLog)}`)
  switch (comparison.kind) {
    case 'same':
      return [
        `the same from ${comparison.from} to ${comparison.to}, which is all that both have`, //
        ...ends,
      ]
    case 'apart':
      return ['no entry is in both, so there is nothing to compare', ...ends]
    case 'different': {
      const { index, one, other, breaksMatching } = comparison
      return [
        `they differ from entry ${index} on`,
        `${paths[0]}: ${JSON.stringify(entryJson(one))}`,
        `${paths[1]}: ${JSON.stringify(entryJson(other))}`,
        ...ends,
        breaksMatching
          ? 'an entry of the same index and term is not the same, or follows another: no two ' +
            'correct servers of one cluster can have this'
          : 'the terms differ, so what one of them has from there on was never committed',
      ]
    }
  }
}

function rangeText({ entries, lastIndex, lastTerm, currentTerm }: InspectedLog): string {
  const first = entries[0]?.index
  const range = first === undefined ? 'no entries' : `entries ${first} to ${lastIndex}`
  return `${range}, the last of term ${lastTerm}; in term ${currentTerm}`
}

function comparisonJson(comparison: Comparison, logs: Pair<InspectedLog>): object {
  const ranges = logs.map(({ entries, lastIndex, lastTerm, currentTerm }) => {
    return { firstIndex: entries[0]?.index ?? null, lastIndex, lastTerm, currentTerm }
  })
  if (comparison.kind !== 'different') return { ...comparison, logs: ranges }
  const { one, other, ...rest } = comparison
  return { ...rest, entries: [entryJson(one), entryJson(other)], logs: ranges }
}
