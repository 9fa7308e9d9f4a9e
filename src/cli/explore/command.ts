/**
 * `kontiki explore`: the exhaustive search of the core in a small scope, from the command line.
 */
import { Command, InvalidArgumentError } from 'commander'
import type { Exploration, Scope } from '../../sim/explore/index.ts'
import { defaultScope, explore } from '../../sim/explore/index.ts'

/** The largest value of each bound: past it the search would not end in a lifetime. */
const most: Scope = {
  servers: 5,
  terms: 6,
  candidates: 5,
  entriesMax: 1,
  commands: 6,
  crashes: 6,
  heartbeats: 6,
  statesMax: 50_000_000,
}

export function exploreCommand(): Command {
  return new Command('explore')
    .summary('search every state of the core within a small scope')
    .description(
      'Searches every state that a cluster can reach within a scope: every order, loss and ' +
        'repetition of messages, every moment for a timeout, a command or a crash. Checks the ' +
        'guarantees of Raft in each. Status 0: none is broken in the whole scope; 1: one is, and ' +
        'how is printed; 3: the search was given up before its end.',
    )
    .option('--servers <n>', 'servers of the cluster', bounded('servers', 1), defaultScope.servers)
    .option('--terms <n>', 'the last term', bounded('terms', 1), defaultScope.terms)
    .option(
      '--candidates <n>',
      'servers that may stand for election',
      bounded('candidates', 1),
      defaultScope.candidates,
    )
    .option(
      '--entries-max <n>',
      'entries in one message at most; 0: as many as there are',
      bounded('entriesMax', 0),
      defaultScope.entriesMax,
    )
    .option('--commands <n>', 'commands proposed', bounded('commands', 0), defaultScope.commands)
    .option('--crashes <n>', 'crashes with restart', bounded('crashes', 0), defaultScope.crashes)
    .option(
      '--heartbeats <n>',
      'heartbeats of a leader beyond its first messages',
      bounded('heartbeats', 0),
      defaultScope.heartbeats,
    )
    .option(
      '--states-max <n>',
      'give up after so many states',
      bounded('statesMax', 1),
      defaultScope.statesMax,
    )
    .option('--json', 'print the result as JSON')
    .action((options: Scope & { json?: boolean }) => {
      const { json, ...scope } = options
      const startedAt = performance.now()
      const result = explore(scope, process.stderr.isTTY ? progress : undefined)
      const seconds = (performance.now() - startedAt) / 1000
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
      console.log(json ? JSON.stringify({ scope, seconds, ...result }) : report(result, seconds))
      process.exitCode = statusOf(result)
    })
}

function statusOf({ breach, isExhausted }: Exploration): number {
  if (breach !== null) return 1
  return isExhausted ? 0 : 3
}

function bounded(name: keyof Scope, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < least || value > most[name]) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most[name]}.`)
    }
    return value
  }
}

function progress(states: number, depth: number): void {
  process.stderr.write(`\r${states.toLocaleString('en')} states, depth ${depth}`)
}

function missed({ missProbability }: Exploration): string {
  return missProbability.toExponential(0)
}

function report(result: Exploration, seconds: number): string {
  const { states, transitions, depth, localStates, messages, breach } = result
  const number = (value: number) => value.toLocaleString('en')
  const lines = [
    `states       ${number(states)} of the cluster, from ${number(localStates)} of single servers`,
    `transitions  ${number(transitions)}, with ${number(messages)} distinct messages`,
    `depth        ${depth}`,
    `seconds      ${seconds.toFixed(1)}`,
  ]
  if (breach !== null) {
    lines.push(`broken       ${breach.invariant}: ${breach.detail}`, '', ...breach.way)
  } else if (result.isExhausted) {
    lines.push('exhausted    yes: every guarantee holds in every state of the scope')
    lines.push(`             (one state missed: probability below ${missed(result)})`)
  } else {
    lines.push('exhausted    no: gave up at --states-max; no guarantee was broken so far')
  }
  return lines.join('\n')
}
