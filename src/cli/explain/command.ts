/** `kontiki explain`: why a cluster has no leader, or a server is behind. */
import { Command, Option } from 'commander'
import { bytesCodecs, openClient } from '../../library/index.ts'
import {
  askAll,
  type ClusterPart,
  type ClusterView,
  clustersIn,
  clustersLine,
  type StatusClient,
  viewOf,
} from '../status/cluster-view.ts'
import { duration, durationText } from '../store/duration.ts'
import { addressList, serversOption } from '../store/servers.ts'
import { type Paint, paintFor } from '../table.ts'
import { type Finding, seconds } from './finding.ts'
import { findings } from './findings.ts'

interface Given {
  readonly servers: string
  readonly timeout: number
  readonly recent?: true
  readonly json?: true
}

const defaultTimeoutMs = 2000

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Asks every server of a cluster, and says why there is no leader, why a server is behind, ' +
        'and which votes were refused in the last minute and why. Exit status: 0 where nothing ' +
        'is wrong, 1 where something is.',
    )
    .addOption(serversOption().makeOptionMandatory())
    .addOption(
      new Option('--timeout <time>', 'how long a server may take to answer')
        .argParser(duration(1, 60_000))
        .default(defaultTimeoutMs, durationText(defaultTimeoutMs)),
    )
    .option('--recent', 'also what happened on each server of late')
    .option('--json', 'print one JSON object')
    .action(async (given: Given) => {
      const reports = await askAll(open, addressList(given.servers), given.timeout)
      const view = viewOf(reports)
      const found = findingsOf(clustersIn(reports), view)
      const lines = given.json
        ? [JSON.stringify({ findings: found, servers: view.servers })]
        : textOf(found, given.recent ? view : null, paintFor(process.stdout))
      process.stdout.write(`${lines.join('\n')}\n`)
      process.exitCode = found.some(({ weight }) => weight === 'fault') ? 1 : 0
    })
}

/** Of several clusters each is looked at by itself. */
export function findingsOf(clusters: readonly ClusterPart[], view: ClusterView): Finding[] {
  if (clusters.length === 0) return findings(view)
  const each = clusters.flatMap((cluster) => findings(cluster.view))
  return [{ server: null, weight: 'fault', text: clustersLine(clusters) }, ...each]
}

function open(servers: readonly string[]): StatusClient {
  return openClient({ servers, codecs: bytesCodecs })
}

/** Faults are marked, for eyes and for grep. */
function textOf(found: readonly Finding[], recent: ClusterView | null, paint: Paint): string[] {
  const lines = found.map(({ server, weight, text }) => {
    const mark = weight === 'fault' ? paint('red', '!') : ' '
    return `${mark} ${server === null ? '' : `${server} `}${text}`
  })
  return [...lines, ...(recent === null ? [] : recentLines(recent))]
}

function recentLines({ servers }: ClusterView): string[] {
  return servers.flatMap(({ id, status }) =>
    (status?.recent ?? []).map(({ agoMs, text, count }) => {
      const often = count === 1 ? '' : ` (${count} times)`
      return `  ${`-${seconds(agoMs)}`.padStart(8)} ${id} ${text}${often}`
    }),
  )
}
