/** `kontiki verify`: its options, and what it prints while and after it runs. */
import { randomInt } from 'node:crypto'
import { clearLine, cursorTo } from 'node:readline'
import { Command, Option } from 'commander'
import { wholeNumber } from '../number-option.ts'
import { interruption } from '../processes/interruption.ts'
import { paintFor } from '../table.ts'
import { reportJson, reportLines } from './report.ts'
import { type Progress, type VerifyOptions, verify } from './verify.ts'

interface Given {
  readonly servers: number
  readonly clients: number
  readonly commands: number
  readonly faults?: true
  readonly seed?: string
  readonly timeoutSeconds: number
  readonly minCommitted?: number
  readonly keep?: true
  readonly json?: true
}

/** Each client is a process of its own; more of them only wait for each other. */
const clientsMax = 50

const commandsMax = 1_000_000

/** UDP may lose a command even on one machine, but hardly ever: more than this is a fault. */
const minCommittedPercent = 95

/** A command that is on its way to a server that dies is lost; that nothing arrives is a fault. */
const minCommittedPercentWithFaults = 1

export function verifyCommand(): Command {
  const number = (flags: string, what: string, low: number, high: number): Option =>
    new Option(flags, `${what}, ${low} to ${high}`).argParser(wholeNumber(low, high))
  return new Command('verify')
    .description(
      'Starts real servers, has real clients send commands to random ones, and compares the log ' +
        'files line by line. Exit status 0 when they are equal, 1 when not.',
    )
    .addOption(number('--servers <number>', 'servers', 3, 10).default(3))
    .addOption(number('--clients <number>', 'clients', 1, clientsMax).default(5))
    .addOption(number('--commands <number>', 'commands in all', 1, commandsMax).default(1000))
    .option(
      '--faults',
      'suspend, resume, kill and restart servers meanwhile, never more than a minority at once',
    )
    .option('--seed <text>', 'repeat the plan of another run (default: a random one)')
    .addOption(
      number(
        '--timeout-seconds <number>',
        'longest wait for a first leader, and for equal files at the end',
        1,
        3600,
      ).default(60),
    )
    .addOption(
      number(
        '--min-committed <percent>',
        `percentage of the commands that must be committed (default: ${minCommittedPercent}, ` +
          `with --faults ${minCommittedPercentWithFaults})`,
        0,
        100,
      ),
    )
    .option('--keep', 'keep the folder even when the files are equal')
    .option('--json', 'print the result as JSON')
    .action((given: Given) => runVerify(given))
}

async function runVerify(given: Given): Promise<void> {
  const options = optionsFrom(given)
  const signal = interruption()
  if (!given.json) announce(options)
  let stopProgress = (): void => {}
  const result = await verify(options, {
    signal,
    onFolder: (folder) => {
      if (!given.json) console.log(`folder ${folder}\n`)
    },
    onSending: (progress) => {
      stopProgress = showProgress(progress, options.commands)
    },
  }).finally(() => stopProgress())
  const paint = paintFor(process.stdout)
  console.log(given.json ? reportJson(result) : reportLines(result, paint).join('\n'))
  process.exitCode = result.problems.length === 0 ? 0 : 1
}

function optionsFrom(given: Given): VerifyOptions {
  const { servers, clients, commands, faults = false, keep = false } = given
  return {
    ...{ servers, clients, commands, faults, keep },
    seed: given.seed ?? String(randomInt(1_000_000_000)),
    timeoutMs: given.timeoutSeconds * 1000,
    committedPercentMin:
      given.minCommitted ?? (faults ? minCommittedPercentWithFaults : minCommittedPercent),
  }
}

function announce({ seed, servers, clients, commands, faults }: VerifyOptions): void {
  const what = `${servers} servers, ${clients} clients, ${commands} commands`
  console.log(`${what}${faults ? ', with faults' : ''}; seed ${seed}`)
}

/** One line that is written over and over, on a terminal only. Returns how to end it. */
function showProgress(progress: () => Progress, commands: number): () => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  const timer = setInterval(() => {
    const { sent, committed, serversUp } = progress()
    cursorTo(stderr, 0)
    stderr.write(`sent ${sent} of ${commands}, committed ${committed}, servers up: ${serversUp}`)
    clearLine(stderr, 1)
  }, 200)
  return () => {
    clearInterval(timer)
    cursorTo(stderr, 0)
    clearLine(stderr, 0)
  }
}
