/**
 * Whether a server that speaks, or is spoken to, has the data that it made its promises with. Each
 * data directory has an incarnation, a positive number; who must have which stands in the
 * configuration. Where two disagree, the one who knows more is right:
 * docs/decisions/0007-who-knows-more-is-right.md has the reason. Shared by the connections that
 * enforce it and by the simulator.
 */

/** What a server says of itself. */
export interface Incarnate {
  /** Of its data directory; 0 where it has none. */
  readonly incarnation: number
  /** The place of the newest configuration that it knows to be committed. */
  readonly settledIndex: number
  /** The newest configuration in its log names it with its own incarnation. */
  readonly isNamed: boolean
}

/**
 * Whether `one`, which expects the incarnation `expected` of `other`, takes it for what it is; 0 is
 * any. Two servers speak to each other where both do.
 */
export function isAccepted(one: Incarnate, expected: number, other: Incarnate): boolean {
  return !isAnother(other, expected) || knowsBetter(other, one)
}

/** It is not the one that is expected, where one is. */
function isAnother({ incarnation }: Incarnate, expected: number): boolean {
  return incarnation !== 0 && expected !== 0 && incarnation !== expected
}

/**
 * Whether what `one` says of itself counts more than what `other` expects of it: the data directory
 * that it has is named by its configuration, which follows one that is committed and that `other`
 * has not heard of. So another of that name has left the cluster since, and votes for nothing.
 */
export function knowsBetter(one: Incarnate, other: Incarnate): boolean {
  return one.isNamed && one.settledIndex > other.settledIndex
}
