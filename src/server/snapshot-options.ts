/**
 * When a server takes a snapshot of its own (§5.1.2), each bound with the reason for its default.
 * What counts is everything that was applied since the last one, whoever asked for it: a quiet
 * cluster's keep-alives and elections fill a log as well.
 */
import { checkNames, OptionError } from '../raft/index.ts'

export interface SnapshotOptions {
  /** Bytes of log that are not worth a snapshot: a start replays them in a moment. */
  readonly logBytesMin: number
  /**
   * Bytes of log after which one is due, however large the state is: it is all held in memory. An
   * entry counts as its command and 32 more.
   */
  readonly logBytesMax: number
  /**
   * Between those two, one is due when the log has grown to so many times the last snapshot: with
   * 1, writing snapshots costs no more than writing the log did.
   */
  readonly logGrowth: number
  /** Entries after which one is due in any case: each costs memory, however small it is. */
  readonly logEntriesMax: number
}

export type GivenSnapshotOptions = Partial<SnapshotOptions>

export const defaultSnapshotOptions: SnapshotOptions = {
  logBytesMin: 4 * 1024 * 1024,
  logBytesMax: 256 * 1024 * 1024,
  logGrowth: 1,
  logEntriesMax: 200_000,
}

/** The defaults with `given` in their place. Throws OptionError where they cannot be. */
export function snapshotOptions(given: GivenSnapshotOptions = {}): SnapshotOptions {
  checkNames('snapshots', given, Object.keys(defaultSnapshotOptions))
  const options = { ...defaultSnapshotOptions, ...given }
  atLeast('logBytesMin', options.logBytesMin, 1)
  atLeast('logBytesMax', options.logBytesMax, options.logBytesMin)
  atLeast('logGrowth', options.logGrowth, 0)
  atLeast('logEntriesMax', options.logEntriesMax, 1)
  return options
}

function atLeast(option: keyof SnapshotOptions, value: number, least: number): void {
  if (Number.isFinite(value) && value >= least) return
  throw new OptionError(option, `must be a number from ${least} up; it is ${String(value)}`)
}
