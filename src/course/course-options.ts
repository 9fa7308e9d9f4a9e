/**
 * What a course server may be told, and what that means for the core. The core's own defaults are
 * for any network; these are for datagrams and for sockets with a receive buffer of the usual size.
 */
import { defaultOptions, type RaftOptions, raftOptions, type ServerId } from '../raft/index.ts'
import { appendEntriesOverheadMax, sizeOfEntry } from '../wire/index.ts'
import { commandBytesMaxFor, defaultDatagramBytesMax } from './command-name.ts'

export interface CourseOptions {
  readonly electionTimeoutMinMs: number
  readonly electionTimeoutMaxMs: number
  readonly heartbeatIntervalMs: number
  /** Datagrams with entries are no larger, save for an entry that another implementation made. */
  readonly datagramBytesMax: number
}

export const defaultCourseOptions: CourseOptions = {
  electionTimeoutMinMs: defaultOptions.electionTimeoutMinMs,
  electionTimeoutMaxMs: defaultOptions.electionTimeoutMaxMs,
  heartbeatIntervalMs: defaultOptions.heartbeatIntervalMs,
  datagramBytesMax: defaultDatagramBytesMax,
}

/**
 * Datagrams, and bytes in them, on their way to one peer: together they stay below the 212,992
 * bytes that Linux gives a socket's receive buffer unless it is told otherwise, where each datagram
 * takes about twice its size.
 */
const inflightMessagesMax = 32
const inflightBytesMax = 96 * 1024

/**
 * Bytes of commands in a leader's log that are not committed; past it commands wait in the buffer,
 * which takes as many again. A client that waits for nothing would otherwise fill the memory.
 */
const uncommittedBytesMax = 16 * 1024 * 1024

/** Throws the core's `OptionError` where the timings cannot be. */
export function raftOptionsFor(
  id: ServerId,
  servers: readonly ServerId[],
  options: CourseOptions,
): RaftOptions {
  const { datagramBytesMax, ...timings } = options
  return raftOptions({
    ...timings,
    appendEntriesBytesMax: Math.max(1, datagramBytesMax - appendEntriesOverheadMax(id)),
    inflightMessagesMax,
    inflightBytesMax,
    uncommittedBytesMax,
    commandBytesMax: commandBytesMaxFor(datagramBytesMax, servers),
    sizeOfEntry,
  })
}
