/**
 * The kinds of faults there are, by name: what a seed switches on and off, what `--faults` takes,
 * and what a summary counts.
 */

/** Every kind, with what it is. */
export const faultKinds = {
  loss: 'messages are lost',
  repeats: 'messages are repeated, up to half of them',
  detours: 'messages are overtaken, by up to more than two election timeouts',
  shortRequests: 'leaders send fewer entries than they could, as another implementation may',
  partitions: 'the servers fall into groups that do not hear each other',
  oneWayCuts: 'a group is heard and does not hear, or the other way round',
  linkCuts: 'two servers do not hear each other',
  bridges: 'two groups have one server in common',
  clogs: 'servers are clogged one after the other and freed in another order (swizzled)',
  kills: 'a process is killed',
  powerFailures: 'a server loses power: any part of what was not synced is gone',
  blackouts: 'all servers lose power',
  interruptedStarts: 'a process ends while it opens its disk',
  pauses: 'a process is not run for a while',
  clockDrift: 'clocks run at different speeds',
  clockJumps: 'a clock jumps ahead',
  slowDisks: 'a disk is slow for a while',
  hungDisks: 'a disk answers nothing for a while',
  failingDisks: 'a write or a sync fails, or nothing can be read at a start',
  fullDisks: 'a disk has no room, or hardly any, for a while',
  tornWrites: 'a sector is written in part when power fails',
  lyingDisks: 'a disk reports syncs that it does not do',
  bitFlips: 'a bit on a disk flips',
  lostDisks: 'a server loses its disk with all that is on it',
  emptiedDisks: 'a server comes back under its name with an empty data directory',
  ambushes: 'a server that has just become leader, or taken a command, is struck',
  resets: 'connections of clients break, some at one end only',
  clientCuts: 'clients and servers do not hear each other, or one not the other',
  transfers: 'leaders are asked to hand their office on',
  churn: 'servers are added, promoted, demoted and removed while others fail',
} as const

export type FaultKind = keyof typeof faultKinds

export const faultNames: readonly FaultKind[] = Object.keys(faultKinds) as FaultKind[]

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(faultKinds, name)
}

/** Kinds that are there all the time, or wait for an occasion. */
const standing: readonly FaultKind[] = [
  'loss',
  'repeats',
  'detours',
  'shortRequests',
  'clockDrift',
  'tornWrites',
  'interruptedStarts',
  'ambushes',
]

/** Whether this kind strikes by itself, now and then. */
export function strikes(kind: FaultKind): boolean {
  return !standing.includes(kind)
}
