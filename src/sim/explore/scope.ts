/**
 * How much of the world the explorer looks at. Within the scope it looks at everything: which
 * messages arrive, how often, in what order or never, who times out and who crashes, and when.
 */

export interface Scope {
  /** Servers of the cluster, from 1 to 5. */
  readonly servers: number
  /** No server starts an election that would lead to a later term. */
  readonly terms: number
  /** Servers that may stand for election; the others only vote. From 1 to `servers`. */
  readonly candidates: number
  /** Entries in one message at most; 0 for as many as there are. One shows what more hide. */
  readonly entriesMax: 0 | 1
  /** Commands that clients propose, all together. */
  readonly commands: number
  /** Crashes with a restart, all together. */
  readonly crashes: number
  /** Heartbeats beyond those that a new leader sends at once, all together. */
  readonly heartbeats: number
  /**
   * States after which it gives up, so that memory has a bound; the scope is then not exhausted.
   */
  readonly statesMax: number
}

/**
 * Exhausted in a minute or two. Every server votes; two are enough to stand against each other.
 */
export const defaultScope: Scope = {
  servers: 3,
  terms: 2,
  candidates: 2,
  entriesMax: 0,
  commands: 2,
  crashes: 1,
  heartbeats: 0,
  statesMax: 4_000_000,
}
