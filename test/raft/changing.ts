/**
 * What tests of changing configurations share: a cluster that has settled under its first server,
 * and the steps of a change.
 */
import { type Entry, encodeConfiguration, entry, makeConfiguration } from '../../src/raft/index.ts'
import { Cluster } from './cluster.ts'
import type { Bench, BenchSetup } from './harness.ts'

/** A cluster of `count` led by s1, with everything committed; `joining` are up and know nothing. */
export function settled(
  count: number,
  joining: readonly string[] = [],
  setup: BenchSetup = {},
): Cluster {
  const logs = Array.from({ length: count }, () => [])
  const cluster = new Cluster(logs, { seed: 'changing', ...setup }, joining)
  cluster.elect('s1').settle()
  return beat(cluster)
}

/** A heartbeat of `id` and all that comes of it. */
export function beat(
  cluster: Cluster,
  id = 's1',
  ...groups: readonly (readonly string[])[]
): Cluster {
  return cluster.at(id, (server) => server.wake()).settle(...groups)
}

/** The entry of a configuration. */
export function configurationEntry(
  index: number,
  term: number,
  voters: readonly string[],
  votersOld: readonly string[] | null = null,
  learners: readonly string[] = [],
): Entry {
  const made = makeConfiguration(voters, votersOld, learners, new Map())
  return entry(index, term, 'configuration', encodeConfiguration(made))
}

/** `123` or `124/123`, with learners behind a plus: what holds at a server, as names end. */
export function configurationAt({ state }: Bench): string {
  const { voters, votersOld, learners } = state.configuration
  const short = (ids: readonly string[]) =>
    [...ids]
      .sort()
      .map((id) => id.slice(1))
      .join('')
  const old = votersOld === null ? '' : `/${short(votersOld)}`
  return `${short(voters)}${old}${learners.length === 0 ? '' : `+${short(learners)}`}`
}

/** Why the last change was refused, and because of whom; null where it was begun. */
export function lastRefusal(bench: Bench): string | null {
  const answer = bench.answers.findLast(
    ({ kind }) => kind === 'changeAccepted' || kind === 'changeRefused',
  )
  if (answer?.kind !== 'changeRefused') return null
  return [answer.refusal, ...answer.servers].join(' ')
}
