/** `kontiki status`: its options, and the status that it ends with. */
import { setTimeout as delay } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { bytesCodecs, openClient } from '../../library/index.ts'
import { interruption } from '../processes/interruption.ts'
import { duration, durationText } from '../store/duration.ts'
import { addressList, serversOption } from '../store/servers.ts'
import { paintFor } from '../table.ts'
import {
  askAll,
  type ClusterPart,
  type ClusterView,
  clustersIn,
  type StatusClient,
  viewOf,
} from './cluster-view.ts'
import { clustersLines, statusLines } from './status-text.ts'

interface Given {
  readonly servers: string
  readonly timeout: number
  readonly json?: true
  readonly watch?: number | true
}

/** A server that is well answers within milliseconds; one that is not is worth no longer wait. */
const defaultTimeoutMs = 2000

const defaultWatchMs = 1000

/** The cursor to the upper left, and the rest of the screen cleared. */
const freshScreen = '\u001b[H\u001b[2J'

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Asks every server of a cluster how it is, and those that these know of. Exit status: 0 ' +
        'where a server answers that it leads, 1 where none does.',
    )
    .addOption(serversOption().makeOptionMandatory())
    .addOption(
      new Option('--timeout <time>', 'how long a server may take to answer')
        .argParser(duration(1, 60_000))
        .default(defaultTimeoutMs, durationText(defaultTimeoutMs)),
    )
    .option('--json', 'print one JSON object')
    .addOption(
      new Option('--watch [time]', 'again and again, by default every second') //
        .argParser(duration(100, 3_600_000)),
    )
    .action((given: Given) => status(given))
}

async function status(given: Given): Promise<void> {
  const servers = addressList(given.servers)
  const signal = interruption()
  for (;;) {
    const reports = await askAll(open, servers, given.timeout)
    signal.throwIfAborted()
    const clusters = clustersIn(reports)
    const view = viewOf(reports)
    show(view, clusters, given)
    if (given.watch === undefined) {
      process.exitCode = view.leader === null || clusters.length > 0 ? 1 : 0
      return
    }
    await pause(given.watch === true ? defaultWatchMs : given.watch, signal)
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

function open(servers: readonly string[]): StatusClient {
  return openClient({ servers, codecs: bytesCodecs })
}

function show(view: ClusterView, clusters: readonly ClusterPart[], { json, watch }: Given): void {
  const { stdout } = process
  if (json) {
    const several = { clusters: clusters.map((one) => ({ ...one, view: jsonOf(one.view) })) }
    const content = clusters.length === 0 ? jsonOf(view) : several
    stdout.write(`${JSON.stringify(content)}\n`)
    return
  }
  const paint = paintFor(stdout)
  const lines = clusters.length === 0 ? statusLines(view, paint) : clustersLines(clusters, paint)
  const before = watch !== undefined && stdout.isTTY ? freshScreen : ''
  const after = watch !== undefined && !stdout.isTTY ? '\n' : ''
  stdout.write(`${before}${lines.join('\n')}\n${after}`)
}

function jsonOf({ leader, ...view }: ClusterView): object {
  return {
    leader: leader === null ? null : { id: leader.id, term: leader.term },
    ...view,
  }
}
