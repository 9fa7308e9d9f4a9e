/**
 * The `kontiki` command: which commands there are, and how each of them ends. A command's code is
 * loaded when it is called, so that the demo does not wait for the simulator. Bad input is one line
 * on standard error and status 1, wrong usage one line and a hint and status 2; nothing here ever
 * shows a stack trace.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { Interrupted } from './processes/interruption.ts'
import { reasonFor } from './program.ts'

interface Mount {
  readonly name: string
  /** One line for `kontiki --help`. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

const mounts: readonly Mount[] = [
  {
    name: 'serve',
    summary: 'one server of a replicated key-value store',
    load: async () => (await import('./serve/command.ts')).serveCommand(),
  },
  {
    name: 'kv',
    summary: 'read and change the store: get, put, cas, delete, incr, append, list',
    load: async () => (await import('./kv/command.ts')).kvCommand(),
  },
  {
    name: 'status',
    summary: 'all servers of a cluster, and who leads',
    load: async () => (await import('./status/command.ts')).statusCommand(),
  },
  {
    name: 'explain',
    summary: 'why there is no leader, why a server is behind, who refused which vote',
    load: async () => (await import('./explain/command.ts')).explainCommand(),
  },
  {
    name: 'inspect',
    summary: 'what a data directory holds, with every checksum verified',
    load: async () => (await import('./inspect/command.ts')).inspectCommand(),
  },
  {
    name: 'diff',
    summary: 'where the logs of two data directories part',
    load: async () => (await import('./diff/command.ts')).diffCommand(),
  },
  {
    name: 'member',
    summary: 'who takes part: list, add, promote, remove, replace',
    load: async () => (await import('./member/command.ts')).memberCommand(),
  },
  {
    name: 'transfer',
    summary: 'hand the leadership over to another server',
    load: async () => (await import('./member/command.ts')).transferCommand(),
  },
  {
    name: 'snapshot',
    summary: 'have servers take a snapshot now, and trim their logs',
    load: async () => (await import('./snapshot/command.ts')).snapshotCommand(),
  },
  {
    name: 'recover',
    summary: 'a way back where the majority of a cluster is gone for good',
    load: async () => (await import('./recover/command.ts')).recoverCommand(),
  },
  {
    name: 'demo',
    summary: 'three servers and a prompt: send commands, kill the leader',
    load: async () => (await import('./demo/command.ts')).demoCommand(),
  },
  {
    name: 'verify',
    summary: 'real servers, real clients, then compare the log files',
    load: async () => (await import('./verify/command.ts')).verifyCommand(),
  },
  {
    name: 'check',
    summary: 'are recorded histories linearizable?',
    load: async () => (await import('./check/command.ts')).checkCommand(),
  },
  {
    name: 'sim',
    summary: 'whole clusters in a simulated world where everything fails',
    load: async () => (await import('./sim/command.ts')).simCommand(),
  },
  {
    name: 'explore',
    summary: 'search every state of the core within a small scope',
    load: async () => (await import('./explore/command.ts')).exploreCommand(),
  },
  {
    name: 'experiment',
    summary: "the lecture's questions, answered by running the core",
    load: async () => (await import('./experiment/command.ts')).experimentCommand(),
  },
  {
    name: 'torture',
    summary: 'real servers of the store, killed and cut off, and what clients are told meanwhile',
    load: async () => (await import('./torture/command.ts')).tortureCommand(),
  },
  {
    name: 'conformance',
    summary: 'judge any implementation of the course project, rule by rule',
    load: async () => (await import('./conformance/command.ts')).conformanceCommand(),
  },
  {
    name: 'maelstrom',
    summary: "a node for Maelstrom's lin-kv workload",
    load: async () => (await import('./maelstrom/command.ts')).maelstromCommand(),
  },
]

const usageStatus = 2

/** Runs the command that `args` ask for, and sets the exit status. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', (error) => process.exit(failed(error, args)))
  try {
    const program = await programFor(args)
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = failed(error, args)
  }
}

async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('kontiki')
    .description('Raft for TypeScript.')
    .usage('<command> [options]')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLines(text, args)) })
  const called = args.filter((arg) => !arg.startsWith('-')).slice(0, 2)
  for (const { name, summary, load } of mounts) {
    const isCalled = called[0] === name || (called[0] === 'help' && called[1] === name)
    const command = isCalled ? await load() : new Command(name)
    program.addCommand(sharing(program, command.summary(summary)))
  }
  return program
}

/** A command, and those below it, with the ways of the program to print and to fail. */
function sharing(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) sharing(command, child)
  return command
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** commander's complaint on one line, and where to read on. */
function usageLines(text: string, args: readonly string[]): string {
  const complaint = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
  const first = args.find((arg) => !arg.startsWith('-'))
  const called = mounts.find(({ name }) => name === first)
  const help = called === undefined ? 'kontiki --help' : `kontiki ${called.name} --help`
  return `kontiki: ${complaint}\nkontiki: see ${help}\n`
}

/** Says what went wrong, where that has not been said, and gives the exit status. */
function failed(error: unknown, args: readonly string[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageStatus
  if (error instanceof Interrupted) return error.status
  const name = `kontiki ${args[0] ?? ''}`.trimEnd()
  process.stderr.write(`${name}: ${reasonFor(error)}\n`)
  return 1
}
