/** `kontiki torture`: its options, and what it prints while and after it runs. */
import { randomInt } from 'node:crypto'
import { clearLine, cursorTo } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../number-option.ts'
import { interruption } from '../processes/interruption.ts'
import { paintFor } from '../table.ts'
import { serversMax } from './cluster.ts'
import { type FaultKind, faultKinds } from './plan.ts'
import { reportJson, reportLines } from './report.ts'
import { type TortureOptions, torture } from './torture.ts'
import { keepWatch } from './warden.ts'

interface Given {
  readonly seconds: number
  readonly servers: number
  readonly clients: number
  readonly seed?: string
  readonly faults: readonly FaultKind[]
  readonly churn?: true
  readonly recoverySeconds: number
  readonly program?: string
  readonly keep?: true
  readonly json?: true
}

/** An hour's history has some millions of operations, which is what memory holds. */
const secondsMax = 3600

/** Each has a session and three operations under way; one machine feeds no more. */
const clientsMax = 50

const kontikiPath = fileURLToPath(new URL('../../../bin/kontiki.js', import.meta.url))

export function tortureCommand(): Command {
  const number = (flags: string, what: string, low: number, high: number): Option =>
    new Option(flags, `${what}, ${low} to ${high}`).argParser(wholeNumber(low, high))
  return new Command('torture')
    .description(
      'Starts real servers of the key-value store and real clients, kills, stops, cuts off and ' +
        'slows down servers meanwhile, and checks what the clients were told. ' +
        'Exit status 0 when all of it was true, 1 when not.',
    )
    .addOption(number('--seconds <number>', 'how long', 1, secondsMax).default(60))
    .addOption(number('--servers <number>', 'servers', 1, serversMax).default(3))
    .addOption(number('--clients <number>', 'clients', 1, clientsMax).default(4))
    .option('--seed <text>', 'repeat the plan of another run (default: a random one)')
    .option('--faults <list>', `some of ${faultKinds.join(',')}`, faultList, faultKinds)
    .option('--churn', 'add, remove and replace members meanwhile; logs are kept short')
    .addOption(
      number(
        '--recovery-seconds <number>',
        'longest wait for servers that agree when nothing is wrong any more',
        1,
        3600,
      ).default(60),
    )
    .option(
      '--program <file>',
      'a server of your own, for Node: it takes the options of kontiki serve that are used, and ' +
        'says "listening on" on standard error (default: kontiki serve)',
    )
    .option('--keep', 'keep the folder even when all is well')
    .option('--json', 'print the result as JSON')
    .action((given: Given) => runTorture(given))
    .addCommand(wardenCommand(), { hidden: true })
}

/** For our own use: see warden.ts. */
function wardenCommand(): Command {
  return new Command('warden').action(() => keepWatch(process.stdin))
}

function faultList(text: string): readonly FaultKind[] {
  return text.split(',').map((name) => {
    const kind = faultKinds.find((one) => one === name.trim())
    if (kind !== undefined) return kind
    throw new InvalidArgumentError(`It must be some of ${faultKinds.join(', ')}.`)
  })
}

async function runTorture(given: Given): Promise<void> {
  const options = optionsFrom(given)
  const signal = interruption()
  if (!given.json) announce(options)
  let stopProgress = (): void => {}
  const result = await torture(options, {
    signal,
    onFolder: (folder) => {
      if (!given.json) console.log(`folder ${folder}\n`)
    },
    onWorking: (progress) => {
      stopProgress = showProgress(progress)
    },
  }).finally(() => stopProgress())
  const paint = paintFor(process.stdout)
  console.log(given.json ? reportJson(result) : reportLines(result, paint).join('\n'))
  // All has been said and cleaned up. A connection that was reset may keep the process alive.
  process.exitCode = result.problems.length === 0 ? 0 : 1
  process.stdout.write('', () => process.exit())
}

function optionsFrom(given: Given): TortureOptions {
  const { seconds, servers, clients, faults, recoverySeconds } = given
  const { churn = false, keep = false } = given
  return {
    ...{ seconds, servers, clients, faults, churn, keep },
    seed: given.seed ?? String(randomInt(1_000_000_000)),
    program: given.program === undefined ? [kontikiPath, 'serve'] : [given.program],
    recoveryMs: recoverySeconds * 1000,
  }
}

function announce({ seed, seconds, servers, clients, churn }: TortureOptions): void {
  const what = `${seconds} s, ${servers} servers, ${clients} clients`
  console.log(`${what}${churn ? ', with churn' : ''}; seed ${seed}`)
}

/** One line that is written over and over, on a terminal only. Returns how to end it. */
function showProgress(progress: () => string): () => void {
  const { stderr } = process
  if (!stderr.isTTY) return () => {}
  const timer = setInterval(() => {
    cursorTo(stderr, 0)
    stderr.write(progress())
    clearLine(stderr, 1)
  }, 200)
  return () => {
    clearInterval(timer)
    cursorTo(stderr, 0)
    clearLine(stderr, 0)
  }
}
