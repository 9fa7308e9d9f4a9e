/**
 * Who takes part (§4.1): a configuration as data. Who votes, during a change by joint consensus in
 * two groups (§4.3); who learns without a vote (§4.2.1); and where everybody is found. How votes
 * are counted is in quorum.ts, how one configuration follows another in membership.ts.
 */
import { assert } from '../base/assert.ts'
import type { ServerId } from './types.ts'

export interface Configuration {
  /** Whose votes and acknowledgements count. In a joint configuration this is the new group. */
  readonly voters: readonly ServerId[]
  /**
   * In a joint configuration (the dissertation's C-old,new) the old group, whose majority counts as
   * well; null in any other. A server may be in both groups.
   */
  readonly votersOld: readonly ServerId[] | null
  /**
   * Servers that are sent the log and count for nothing. A voter that is to become one stands here
   * and in `votersOld` while the configuration is joint.
   */
  readonly learners: readonly ServerId[]
  /**
   * Where servers are found: opaque to the core, and free to change. A server that is missing here
   * is found by its name alone.
   */
  readonly addresses: ReadonlyMap<ServerId, string>
  /**
   * Which data directory each server has: a positive number that was drawn when the directory was
   * made, so that one which comes back with another has lost what it promised. A server that is
   * missing here may have any; left out where nobody's is known.
   */
  readonly incarnations?: ReadonlyMap<ServerId, number>
}

const noAddresses: ReadonlyMap<ServerId, string> = new Map()

/** Of a server that is to join: nobody votes, and it waits until a leader tells it who does. */
export const emptyConfiguration: Configuration = {
  voters: [],
  votersOld: null,
  learners: [],
  addresses: noAddresses,
}

/** A configuration of these voters. They must be distinct and have names. */
export function configuration(voters: readonly ServerId[]): Configuration {
  assert(voters.length > 0, 'a configuration has a voter')
  return makeConfiguration(voters, null, [], noAddresses)
}

/** A configuration with everything in it; what contradicts itself is a bug of the caller's. */
export function makeConfiguration(
  voters: readonly ServerId[],
  votersOld: readonly ServerId[] | null,
  learners: readonly ServerId[],
  addresses: ReadonlyMap<ServerId, string>,
  incarnations: ReadonlyMap<ServerId, number> = new Map(),
): Configuration {
  const made: Configuration = {
    voters: [...voters],
    votersOld: votersOld === null ? null : [...votersOld],
    learners: [...learners],
    addresses: new Map(addresses),
    ...withIncarnations(incarnations),
  }
  const problem = configurationProblem(made)
  assert(problem === null, problem ?? '')
  return made
}

/** The part of a configuration that has them, where there are any. */
export function withIncarnations(
  incarnations: ReadonlyMap<ServerId, number>,
): Pick<Configuration, 'incarnations'> {
  return incarnations.size === 0 ? {} : { incarnations: new Map(incarnations) }
}

/** Which data directory the server has to have; null where any will do. */
export function incarnationOf({ incarnations }: Configuration, id: ServerId): number | null {
  return incarnations?.get(id) ?? null
}

/**
 * Whether `id` takes part with this very data. Where either side does not know which data that is,
 * the name alone decides.
 */
export function isNamedIn(
  configuration: Configuration,
  id: ServerId,
  incarnation: number | null,
): boolean {
  if (!isMember(configuration, id)) return false
  const named = incarnationOf(configuration, id)
  return named === null || incarnation === null || named === incarnation
}

/** What is wrong with a configuration that somebody asks for or sends; null where nothing is. */
export function configurationProblem(configuration: Configuration): string | null {
  const { voters, votersOld, learners, addresses } = configuration
  for (const group of [voters, votersOld ?? [], learners]) {
    if (group.includes('')) return 'every server of a configuration has a name'
    if (new Set(group).size !== group.length) return 'each server of a group is named once'
  }
  if (votersOld !== null && votersOld.length === 0)
    return 'the old group of a joint one has a voter'
  if (votersOld !== null && voters.length === 0) return 'the new group of a joint one has a voter'
  const both = learners.find((learner) => voters.includes(learner))
  if (both !== undefined) return `${both} is a voter or a learner, not both`
  const members = new Set(serversOf(configuration))
  const stranger = [...addresses.keys()].find((id) => !members.has(id))
  if (stranger !== undefined) return `${stranger} has an address and no place in the configuration`
  return incarnationsProblem(configuration.incarnations ?? new Map(), members)
}

function incarnationsProblem(
  incarnations: ReadonlyMap<ServerId, number>,
  members: ReadonlySet<ServerId>,
): string | null {
  for (const [id, incarnation] of incarnations) {
    if (!members.has(id)) return `${id} has an incarnation and no place in the configuration`
    if (!Number.isSafeInteger(incarnation) || incarnation <= 0) {
      return `the incarnation of ${id} is no positive number`
    }
  }
  return null
}

/** Two groups must agree: the dissertation's C-old,new. */
export function isJoint(configuration: Configuration): boolean {
  return configuration.votersOld !== null
}

/** Whether the server's vote and acknowledgements count, in either group. */
export function isVoter(configuration: Configuration, id: ServerId): boolean {
  const { voters, votersOld } = configuration
  return voters.includes(id) || (votersOld?.includes(id) ?? false)
}

/** Whether the server takes part at all, be it as a learner. */
export function isMember(configuration: Configuration, id: ServerId): boolean {
  return isVoter(configuration, id) || configuration.learners.includes(id)
}

/** Everybody whose vote counts, each once: the new group first. */
export function votersOf({ voters, votersOld }: Configuration): readonly ServerId[] {
  if (votersOld === null) return voters
  return [...voters, ...votersOld.filter((id) => !voters.includes(id))]
}

/** Everybody that the leader replicates to, each once: voters first. */
export function serversOf(configuration: Configuration): readonly ServerId[] {
  const voters = votersOf(configuration)
  const { learners } = configuration
  if (learners.length === 0) return voters
  return [...voters, ...learners.filter((id) => !voters.includes(id))]
}

/** The same servers in the same parts, in any order, with the same addresses and data. */
export function isSameConfiguration(a: Configuration, b: Configuration): boolean {
  return (
    isSameGroup(a.voters, b.voters) &&
    isSameGroup(a.learners, b.learners) &&
    (a.votersOld === null) === (b.votersOld === null) &&
    isSameGroup(a.votersOld ?? [], b.votersOld ?? []) &&
    isSameMap(a.addresses, b.addresses) &&
    isSameMap(a.incarnations ?? new Map(), b.incarnations ?? new Map())
  )
}

function isSameMap<Value>(
  a: ReadonlyMap<ServerId, Value>,
  b: ReadonlyMap<ServerId, Value>,
): boolean {
  return a.size === b.size && [...a].every(([id, value]) => b.get(id) === value)
}

/**
 * Whether one configuration may directly follow another: then any quorum of the one shares a server
 * with any quorum of the other (§4.3), and no two leaders can be elected by them apart.
 */
export function mayFollow(before: Configuration, after: Configuration): boolean {
  if (after.votersOld !== null) {
    return before.votersOld === null && isSameGroup(before.voters, after.votersOld)
  }
  return isSameGroup(before.voters, after.voters)
}

/** The same servers, in whatever order. */
export function isSameGroup(a: readonly ServerId[], b: readonly ServerId[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}
