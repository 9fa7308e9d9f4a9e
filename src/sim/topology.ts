/**
 * Ways in which a network comes apart, as lists of links to cut or clog. Links are one-way; what
 * is cut both ways is two of them.
 */
import type { Random } from '../base/random.ts'
import type { Link } from './sim-network.ts'

export function places(servers: number): number[] {
  return Array.from({ length: servers }, (_, place) => place)
}

/** Every link from one of `from` to one of `to`. */
export function oneWay(from: readonly number[], to: readonly number[]): Link[] {
  return from.flatMap((a) => to.filter((b) => b !== a).map((b) => ({ from: a, to: b })))
}

/** Every link between a server of the one group and a server of the other, both ways. */
export function bothWays(a: readonly number[], b: readonly number[]): Link[] {
  return [...oneWay(a, b), ...oneWay(b, a)]
}

/** All links among these servers. */
export function among(group: readonly number[]): Link[] {
  return oneWay(group, group)
}

/** Two groups, each with at least one server; there must be two servers. */
export function twoGroups(random: Random, servers: number): [number[], number[]] {
  const shuffled = random.shuffle(places(servers))
  const size = random.integer(1, servers - 1)
  return [shuffled.slice(0, size), shuffled.slice(size)]
}

/** Two groups that one server belongs to both of; there must be three servers. */
export function bridge(random: Random, servers: number): Link[] {
  const [, ...rest] = random.shuffle(places(servers))
  const size = random.integer(1, rest.length - 1)
  return bothWays(rest.slice(0, size), rest.slice(size))
}

/** A few pairs of servers, each cut off from the other. */
export function fewLinks(random: Random, servers: number): Link[] {
  const pairs = places(servers).flatMap((a) => places(a).map((b) => ({ a, b })))
  const count = random.integer(1, Math.min(3, pairs.length))
  return random
    .shuffle(pairs)
    .slice(0, count)
    .flatMap(({ a, b }) => bothWays([a], [b]))
}

/** One server and all the others. */
export function oneAndRest(server: number, servers: number): [number[], number[]] {
  return [[server], places(servers).filter((place) => place !== server)]
}
