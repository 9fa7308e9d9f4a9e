/**
 * What an operator may tune, each with its bound and the reason for its default; checked once.
 * (Who votes is not an option: that is the configuration.)
 */
import type { Entry, Milliseconds } from './types.ts'

export interface RaftOptions {
  /**
   * Election timeouts are drawn anew from [min, max] each time (§3.4; R11: T and 2T). T must be
   * far above the time in which a message reaches every server.
   */
  readonly electionTimeoutMinMs: Milliseconds
  readonly electionTimeoutMaxMs: Milliseconds
  /** How often a leader speaks to each server; several must fit into the shortest timeout. */
  readonly heartbeatIntervalMs: Milliseconds
  /** Bytes of entries in one AppendEntries, as `sizeOfEntry` counts them. One entry always fits. */
  readonly appendEntriesBytesMax: number
  /** AppendEntries that may be unanswered by one peer before the leader waits for it. */
  readonly inflightMessagesMax: number
  /** The same in bytes of entries. */
  readonly inflightBytesMax: number
  /** The longest command; a longer one is refused as `tooLarge`. */
  readonly commandBytesMax: number
  /** Bytes of commands in the leader's log that are not committed yet; past it: `overloaded`. */
  readonly uncommittedBytesMax: number
  /** Entries that stay in the log though a snapshot covers them, for followers a little behind. */
  readonly trailingEntriesMax: number
  /** The same in bytes, as `sizeOfEntry` counts them; the smaller of the two holds. */
  readonly trailingBytesMax: number
  /** Bytes of a snapshot in one InstallSnapshot. */
  readonly snapshotChunkBytesMax: number
  /** Entries given out for application in one batch, so that a long log blocks nothing. */
  readonly applyEntriesMax: number
  /** Reads that may wait for the leader's proof on one server; past it: `overloaded`. */
  readonly readsMax: number
  /** The bytes that an entry takes in a message; by default its command and 32 more. */
  readonly sizeOfEntry: (entry: Entry) => number
  /**
   * Ask before standing for election (§9.6), and refuse to help depose a working leader (§4.2.3).
   * On wherever every server is ours; off by default, for the course's wire has no such messages.
   */
  readonly preVote: boolean
  /**
   * How much faster one server's clock may run than another's, as a fraction: 0.01 is a hundredth.
   * With it, reads that ask for it are served under a lease (§6.4.1), and are stale where clocks
   * differ by more. Null: no leases. Needs `preVote`; this and the election timeouts must be the
   * same on all servers.
   */
  readonly leaseClockDriftMax: number | null
  /**
   * A leader steps down, and nobody stands for election, once its own disk has acknowledged nothing
   * for so long though something was given to it. Null: for the longest election timeout, after
   * which it would be deposed as well if its followers were silent. More of it where syncs stall
   * for longer than that and an election helps nobody, as when all servers share one disk.
   */
  readonly diskSilenceMaxMs: Milliseconds | null
  /** Check the invariants after every step: for tests and the simulator, at twice the cost. */
  readonly verify: boolean
}

export const defaultOptions: RaftOptions = {
  electionTimeoutMinMs: 150,
  electionTimeoutMaxMs: 300,
  heartbeatIntervalMs: 50,
  appendEntriesBytesMax: 64 * 1024,
  inflightMessagesMax: 64,
  inflightBytesMax: 4 * 1024 * 1024,
  commandBytesMax: 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  trailingEntriesMax: 10_000,
  trailingBytesMax: 4 * 1024 * 1024,
  snapshotChunkBytesMax: 64 * 1024,
  applyEntriesMax: 4096,
  readsMax: 16 * 1024,
  sizeOfEntry: (entry: Entry) => entry.command.length + 32,
  preVote: false,
  leaseClockDriftMax: null,
  diskSilenceMaxMs: null,
  verify: false,
}

/** An option that cannot be; the message names it and says what would do. */
export class OptionError extends Error {
  readonly code = 'INVALID_OPTION'
  override readonly name = 'OptionError'
  readonly option: string

  constructor(option: string, problem: string) {
    super(`${option} ${problem}`)
    this.option = option
  }
}

/**
 * Options come as an object of those that there are: a name that is misspelt would otherwise change
 * nothing, and nobody would know. One that is undefined counts as left out.
 */
export function checkNames(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OptionError(what, `must be an object; it is ${String(given)}`)
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue
    throw new OptionError(name, `is no option of ${what}, which are ${known.join(', ')}`)
  }
}

/** On or off; undefined counts as left out. */
export function checkSwitch(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new OptionError(option, `must be true or false; it is ${String(value)}`)
}

/** The defaults with `given` in their place. Throws {@link OptionError} where they cannot be. */
export function raftOptions(given: Partial<RaftOptions> = {}): RaftOptions {
  checkNames('raft', given, Object.keys(defaultOptions))
  const options = { ...defaultOptions, ...given }
  checkSwitch('preVote', options.preVote)
  checkSwitch('verify', options.verify)
  atLeast(options, 'electionTimeoutMinMs', 1)
  atLeast(options, 'electionTimeoutMaxMs', options.electionTimeoutMinMs)
  atLeast(options, 'heartbeatIntervalMs', 1)
  if (options.heartbeatIntervalMs >= options.electionTimeoutMinMs) {
    throw new OptionError(
      'heartbeatIntervalMs',
      `must be below electionTimeoutMinMs (${options.electionTimeoutMinMs}), or followers would ` +
        `start elections under a healthy leader; it is ${options.heartbeatIntervalMs}`,
    )
  }
  for (const limit of [
    'appendEntriesBytesMax',
    'inflightMessagesMax',
    'inflightBytesMax',
    'commandBytesMax',
    'uncommittedBytesMax',
    'applyEntriesMax',
    'readsMax',
    'snapshotChunkBytesMax',
  ] as const) {
    atLeast(options, limit, 1)
  }
  atLeast(options, 'trailingEntriesMax', 0)
  atLeast(options, 'trailingBytesMax', 0)
  checkLeases(options)
  checkDiskSilence(options)
  return options
}

function checkLeases({ leaseClockDriftMax, preVote }: RaftOptions): void {
  if (leaseClockDriftMax === null) return
  if (!Number.isFinite(leaseClockDriftMax) || leaseClockDriftMax < 0) {
    const given = String(leaseClockDriftMax)
    throw new OptionError(
      'leaseClockDriftMax',
      `must be null or a number from 0 up; it is ${given}`,
    )
  }
  if (!preVote) {
    throw new OptionError(
      'leaseClockDriftMax',
      'needs preVote: without it servers vote while they hear a leader, and leases mean nothing',
    )
  }
}

function checkDiskSilence({ diskSilenceMaxMs }: RaftOptions): void {
  if (diskSilenceMaxMs === null) return
  if (Number.isFinite(diskSilenceMaxMs) && diskSilenceMaxMs >= 1) return
  const given = String(diskSilenceMaxMs)
  throw new OptionError('diskSilenceMaxMs', `must be null or a number from 1 up; it is ${given}`)
}

type NumberOption = {
  [K in keyof RaftOptions]: RaftOptions[K] extends number ? K : never
}[keyof RaftOptions]

function atLeast(options: RaftOptions, option: NumberOption, least: number): void {
  const value = options[option]
  if (!Number.isFinite(value) || value < least) {
    throw new OptionError(option, `must be a number from ${least} up; it is ${String(value)}`)
  }
}
