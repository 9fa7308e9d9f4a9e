/** `kontiki kv`: the command line of a store, a command for each operation. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Consistency } from '../../library/index.ts'
import { wholeNumber } from '../number-option.ts'
import { duration, durationText } from '../store/duration.ts'
import { serversOption } from '../store/servers.ts'
import { encodings, readValue } from './encoding.ts'
import {
  append,
  compareAndSet,
  type Expectation,
  get,
  increment,
  type ListOptions,
  list,
  type OperationContext,
  put,
  type Reply,
  remove,
} from './operations.ts'
import { type KvSettings, runOperation } from './run.ts'

/** Some ten elections: a leader may die meanwhile. */
const defaultTimeoutMs = 5000
const timeoutMostMs = 60 * 60_000

/** A page of the machine; more of them are fetched where more keys are asked for. */
const defaultLimit = 1000

const valueArgument = 'the value; - for standard input, whatever bytes come'

export function kvCommand(): Command {
  const command = new Command('kv').description(
    'Reads and changes a replicated key-value store. Every change happens once, whatever is lost ' +
      'on the way; every read is linearizable, unless it asks for less. Exit status: 0 done, ' +
      '1 failed (the message says whether anything may have changed), 2 wrong usage, 3 the key ' +
      'is not there or not as expected. See docs/store.md.',
  )
  for (const operation of [...readCommands(), ...changeCommands()]) command.addCommand(operation)
  return command
}

function readCommands(): Command[] {
  return [
    reading('get', 'prints the value of a key')
      .argument('<key>')
      .option('--raw', 'no line feed after the value')
      .action((key, given: KvSettings & { consistency: Consistency; raw?: true }) =>
        run(given, 'get', key, false, (context) => {
          return get(context, key, { ...given, raw: given.raw ?? false })
        }),
      ),
    reading('list', 'prints keys and values in order, a line each')
      .argument('[prefix]', 'only keys that begin with it', '')
      .option('--limit <number>', 'at most so many', wholeNumber(1, 1e9), defaultLimit)
      .option('--after <key>', 'only keys that come after it', '')
      .option('--keys-only', 'without the values')
      .action((prefix, given: KvSettings & ListOptions & { keysOnly?: true }) =>
        run(given, 'list', prefix, false, async (context) => {
          const reply = await list(context, prefix, { ...given, keysOnly: given.keysOnly ?? false })
          if (!given.json) hint(reply)
          return reply
        }),
      ),
  ]
}

function changeCommands(): Command[] {
  return [
    expecting(base('put', 'sets the value of a key'))
      .argument('<key>')
      .argument('<value>', valueArgument)
      .action((key, value, given: KvSettings & Expectation) =>
        run(given, 'put', key, true, async (context) => {
          return put(context, key, await readValue(value, given.encoding, process.stdin), given)
        }),
      ),
    base('cas', 'sets the value where the key holds another: compare and set')
      .argument('<key>')
      .argument('<expected>', 'what the key must hold')
      .argument('<value>', valueArgument)
      .action((key, expected, value, given: KvSettings, command: Command) => {
        if (expected === '-') command.error('error: only the new value can be standard input')
        return run(given, 'cas', key, true, async (context) => {
          const before = await readValue(expected, given.encoding, process.stdin)
          const after = await readValue(value, given.encoding, process.stdin)
          return compareAndSet(context, key, before, after)
        })
      }),
    expecting(base('delete', 'removes a key')) //
      .argument('<key>')
      .action((key, given: KvSettings & Expectation) =>
        run(given, 'delete', key, true, (context) => remove(context, key, given)),
      ),
    base('incr', 'adds to the whole number that a key holds, and prints the sum')
      .argument('<key>')
      .argument('[by]', 'what to add', integer, 1)
      .action((key, by, given: KvSettings) =>
        run(given, 'incr', key, true, (context) => increment(context, key, by)),
      ),
    base('append', 'puts bytes at the end of a value')
      .argument('<key>')
      .argument('<value>', valueArgument)
      .action((key, value, given: KvSettings) =>
        run(given, 'append', key, true, async (context) => {
          return append(context, key, await readValue(value, given.encoding, process.stdin))
        }),
      ),
  ]
}

function run(
  settings: KvSettings,
  name: string,
  key: string,
  isChange: boolean,
  operation: (context: OperationContext) => Promise<Reply>,
): Promise<void> {
  return runOperation(settings, { name, key, isChange }, operation)
}

function hint({ json }: Reply): void {
  const { next } = json as { readonly next: string | null }
  if (next === null) return
  process.stderr.write(`kontiki kv: there are more; go on with --after ${JSON.stringify(next)}\n`)
}

function base(name: string, what: string): Command {
  return new Command(name)
    .description(what)
    .addOption(serversOption().makeOptionMandatory())
    .addOption(
      new Option('--timeout <time>', 'how long it may take')
        .argParser(duration(1, timeoutMostMs))
        .default(defaultTimeoutMs, durationText(defaultTimeoutMs)),
    )
    .addOption(
      new Option('--encoding <name>', 'of values, as arguments and as they are printed')
        .choices(encodings)
        .default('text'),
    )
    .option('--json', 'print one JSON object, also of a failure')
    .option('--verbose', 'say on standard error what is done')
}

function reading(name: string, what: string): Command {
  return base(name, what).addOption(
    new Option('--consistency <kind>', 'stale: what any server has at once, perhaps old')
      .choices(['linearizable', 'lease', 'stale'])
      .default('linearizable'),
  )
}

function expecting(command: Command): Command {
  const number = wholeNumber(0, Number.MAX_SAFE_INTEGER)
  return command
    .addOption(
      new Option('--expect-version <number>', 'only where the key has it; 0: is not there')
        .argParser(number)
        .conflicts('expectIndex'),
    )
    .addOption(
      new Option('--expect-index <number>', 'only where that changed it last; 0: is not there') //
        .argParser(number),
    )
}

function integer(text: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It must be a whole number of at most 2^53 - 1.')
}
