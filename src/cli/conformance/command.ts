/** `kontiki conformance`: its options, and what it says of an implementation. */
import { randomInt } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../number-option.ts'
import { interruption } from '../processes/interruption.ts'
import { type Paint, paintFor } from '../table.ts'
import { type Asking, askAll, type Verdict } from './ask.ts'
import { type Check, checks } from './checks/index.ts'
import { type ClusterResult, runCluster } from './cluster/run.ts'
import { type Rule, rules } from './rules.ts'

interface Given {
  readonly servers: number
  readonly seconds: number
  readonly seed?: string
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
    .option('--only <rules>', 'the questions of these rules only, and no cluster', rulesOf)
    .addOption(
      new Option('--servers <number>', 'servers of the cluster, 3 to 10')
        .argParser(wholeNumber(3, 10))
        .default(5),
    )
    .addOption(
      new Option('--seconds <number>', 'how long the cluster has faults; 0: no cluster')
        .argParser(wholeNumber(0, 3600))
        .default(5),
    )
    .option('--seed <text>', "repeat another run's faults, as far as they are drawn")
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
    // Of the rules that only a cluster is judged by there is nothing to ask.
    if (checks.some(({ rule }) => rule === word)) return word as Rule
    const asked = Object.keys(rules).filter((name) => checks.some(({ rule }) => rule === name))
    throw new InvalidArgumentError(
      `There is no rule ${word} to ask about; there are: ${asked.join(', ')}.`,
    )
  })
}

async function judge(command: readonly string[], given: Given): Promise<void> {
  const signal = interruption()
  const folder = mkdtempSync(join(tmpdir(), 'kontiki-conformance-'))
  const paint = paintFor(process.stdout)
  try {
    const patienceMs = 1000 * given.patienceSeconds
    const asking: Asking = {
      ...{ command, folder, signal, patienceMs },
      quietMs: given.quietMs,
      asked: (check, verdict) => {
        if (!given.json) console.log(lineOf(check, verdict, paint))
      },
    }
    const verdicts = await askAll(chosen(given.only), asking)
    const hasCluster = given.only === undefined && given.seconds > 0
    const cluster = hasCluster ? await clusterOf(asking, given) : null
    if (given.json) console.log(JSON.stringify({ command, verdicts, cluster: asJson(cluster) }))
    else {
      if (cluster !== null) for (const line of clusterLines(cluster, paint)) console.log(line)
      const kept = given.keep === true ? folder : null
      for (const line of summary(verdicts, cluster, kept)) console.log(line)
    }
    process.exitCode = blamedRules(verdicts, cluster).length === 0 ? 0 : 1
  } finally {
    if (given.keep !== true) await rm(folder, { recursive: true, force: true })
  }
}

function clusterOf(
  { command, folder, patienceMs, signal }: Asking,
  { servers, seconds, seed }: Given,
): Promise<ClusterResult> {
  return runCluster({
    ...{ command, servers, patienceMs, signal },
    forMs: 1000 * seconds,
    seed: seed ?? String(randomInt(1_000_000_000)),
    folder: join(folder, 'cluster'),
  })
}

function asJson(cluster: ClusterResult | null): object | null {
  if (cluster === null) return null
  const blames = cluster.blames.map(({ rule, message }) => ({ rule, what: message }))
  return { ...cluster, blames }
}

function clusterLines(cluster: ClusterResult, paint: Paint): string[] {
  const { servers, seed, commands, lines, suspensions, blames } = cluster
  const { datagrams, dropped, repeated, detours } = cluster
  return [
    '',
    `${servers} servers, seed ${seed}: ${commands} commands, ${suspensions} suspensions, ` +
      `${lines} lines in the log files;`,
    `${datagrams} datagrams, ${dropped} dropped, ${repeated} repeated, ${detours} overtaken`,
    ...blames.map(({ rule, message }) => `${paint('red', 'BLAME')}  ${rule.padEnd(4)}${message}`),
  ]
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

function blamedRules(verdicts: readonly Verdict[], cluster: ClusterResult | null): Rule[] {
  const asked = verdicts.flatMap(({ blame }) => blame?.rule ?? [])
  return [...new Set([...asked, ...(cluster?.blames ?? []).map(({ rule }) => rule)])].sort()
}

function summary(
  verdicts: readonly Verdict[],
  cluster: ClusterResult | null,
  folder: string | null,
): string[] {
  const blamed = blamedRules(verdicts, cluster)
  const undecided = verdicts.filter((verdict) => verdict.undecided !== null).length
  const lines = ['', `${verdicts.length} questions, ${undecided} not decided`]
  for (const rule of blamed) lines.push(`blamed by ${rule}: ${rules[rule]}`)
  if (blamed.length === 0) lines.push('nothing to blame it for')
  if (folder !== null) lines.push(`everything is kept in ${folder}`)
  return lines
}
