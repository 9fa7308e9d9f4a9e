/**
 * `kontiki maelstrom`: one node for Maelstrom's lin-kv workload, which starts as many of them as it
 * wants and speaks to each on its standard input and output. Diagnostics go to standard error.
 */
import { randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import { Random } from '../../base/random.ts'
import { NodeClock } from '../../transport/index.ts'
import { linesOf } from '../line-splitter.ts'
import { wholeNumber } from '../number-option.ts'
import { readMessage } from './message.ts'
import { MaelstromNode } from './node.ts'

interface Given {
  readonly electionTimeoutMs: number
  readonly timeoutMs: number
}

export function maelstromCommand(): Command {
  return new Command('maelstrom')
    .description(
      'Runs one node of a linearizable key-value store for Maelstrom: ' +
        'maelstrom test -w lin-kv --bin bin/maelstrom.js ... (see docs/maelstrom.md).',
    )
    .addOption(
      new Option(
        '--election-timeout-ms <number>',
        'T; elections are drawn from T to 2T, and heartbeats come five times in T',
      )
        .argParser(wholeNumber(50, 60_000))
        .default(500),
    )
    .addOption(
      new Option('--timeout-ms <number>', 'how long an operation may take')
        .argParser(wholeNumber(50, 600_000))
        .default(5000),
    )
    .action((given: Given) => runMaelstrom(given))
}

async function runMaelstrom({ electionTimeoutMs, timeoutMs }: Given): Promise<void> {
  const say = (line: string): void => {
    process.stderr.write(`kontiki maelstrom: ${line}\n`)
  }
  const node = new MaelstromNode({
    random: new Random(randomBytes(16).toString('hex')),
    makeClock: () => new NodeClock(),
    raft: {
      electionTimeoutMinMs: electionTimeoutMs,
      electionTimeoutMaxMs: 2 * electionTimeoutMs,
      heartbeatIntervalMs: electionTimeoutMs / 5,
    },
    timeoutMs,
    write: (message) => process.stdout.write(`${JSON.stringify(message)}\n`),
    say,
    fatal: (error) => {
      say(error.message)
      process.exit(1)
    },
  })
  for await (const line of linesOf(process.stdin)) {
    const message = readMessage(line)
    if (typeof message === 'string') say(`a line is left out: ${message}`)
    else node.receive(message)
  }
  // Maelstrom ends a node by closing its input.
  process.exit(0)
}
