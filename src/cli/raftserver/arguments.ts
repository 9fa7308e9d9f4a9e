/**
 * raftserver's command line (C1). What is wrong with it is one line, and the usage.
 */
import { parseArgs } from 'node:util'
import {
  type CourseOptions,
  datagramBytesLeast,
  datagramBytesMost,
  defaultCourseOptions,
  parseAddress,
  raftOptionsFor,
  type ServerAddress,
  ServerListError,
} from '../../course/index.ts'
import { OptionError } from '../../raft/index.ts'
import { UsageError } from '../program.ts'

export interface Settings {
  readonly identity: ServerAddress
  readonly listFile: string
  /** Null: the default beside the identity's name. */
  readonly logFile: string | null
  readonly dataDirectory: string | null
  /** Nothing is kept: a restarted server starts from nothing. */
  readonly inMemory: boolean
  readonly segmentBytes: number
  readonly options: CourseOptions
}

export const usage = 'raftserver <host:port> <file> [options]; raftserver --help lists the options'

export const help: string = `raftserver <host:port> <file> [options]

One server of the course project's Raft cluster, which <file> lists, one host:port a line.

  --log-file PATH                where committed commands are written (<host>-<port>.log)
  --data-dir PATH                where term, vote and log are kept (<host>-<port>.data)
  --memory                       keep nothing, and begin the log file anew
  --election-timeout-ms MIN-MAX  election timeouts are drawn from there (150-300)
  --heartbeat-ms N               how often a leader speaks (50)
  --datagram-bytes N             the largest datagram with entries (1372; 512 to 65507)
  --segment-bytes N              the size of a file of the log (1048576; a multiple of 512)
  --help                         this

In these names the colons of an IPv6 address are underscores: [::1]:2000 has __1-2000.log.
While it runs it takes print, log, suspend, resume, counters, help and exit on standard input.
`

/** A server of the course is small: two segments of this size are made before they are needed. */
const defaultSegmentBytes = 1024 * 1024
const segmentBytesLeast = 16 * 1024
const segmentBytesMost = 1024 * 1024 * 1024
const sectorBytes = 512

/** A day: longer timeouts are a mistake. */
const timeoutMsMost = 24 * 60 * 60 * 1000

/** The settings, or null where help is asked for. Throws {@link UsageError}. */
export function parseArguments(args: readonly string[]): Settings | null {
  const { values, positionals } = parse(args)
  if (values.help === true) return null
  const [name, listFile, ...rest] = positionals
  if (name === undefined) throw new UsageError('the identity of the server is missing')
  if (listFile === undefined) throw new UsageError('the file of servers is missing')
  if (rest.length > 0) throw new UsageError(`there is an argument too many: ${rest[0]}`)
  for (const name of ['data-dir', 'log-file'] as const) {
    if (values[name] === '') throw new UsageError(`--${name} needs a path`)
  }
  if (values.memory === true && values['data-dir'] !== undefined) {
    throw new UsageError('--memory keeps nothing, so --data-dir means nothing')
  }
  return {
    identity: identity(name),
    listFile,
    logFile: values['log-file'] ?? null,
    dataDirectory: values['data-dir'] ?? null,
    inMemory: values.memory === true,
    segmentBytes: segmentBytes(values['segment-bytes']),
    options: checked(name, {
      ...electionTimeout(values['election-timeout-ms']),
      heartbeatIntervalMs: wholeNumber(
        'heartbeat-ms',
        values['heartbeat-ms'],
        defaultCourseOptions.heartbeatIntervalMs,
        1,
        timeoutMsMost,
      ),
      datagramBytesMax: wholeNumber(
        'datagram-bytes',
        values['datagram-bytes'],
        defaultCourseOptions.datagramBytesMax,
        datagramBytesLeast,
        datagramBytesMost,
      ),
    }),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'log-file': { type: 'string' },
        'data-dir': { type: 'string' },
        memory: { type: 'boolean' },
        'election-timeout-ms': { type: 'string' },
        'heartbeat-ms': { type: 'string' },
        'datagram-bytes': { type: 'string' },
        'segment-bytes': { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. .*$/s, ''))
  }
}

function identity(name: string): ServerAddress {
  try {
    return parseAddress(name.trim())
  } catch (error) {
    if (error instanceof ServerListError) throw new UsageError(error.message)
    throw error
  }
}

function electionTimeout(
  text: string | undefined,
): Pick<CourseOptions, 'electionTimeoutMinMs' | 'electionTimeoutMaxMs'> {
  if (text === undefined) return defaultCourseOptions
  const match = /^(\d{1,8})-(\d{1,8})$/.exec(text)
  const min = Number(match?.[1])
  const max = Number(match?.[2])
  if (match === null || min < 1 || max < min || max > timeoutMsMost) {
    throw new UsageError(
      `--election-timeout-ms must be MIN-MAX, as in 150-300, up to ${timeoutMsMost}; it is ${text}`,
    )
  }
  return { electionTimeoutMinMs: min, electionTimeoutMaxMs: max }
}

function segmentBytes(text: string | undefined): number {
  const bytes = wholeNumber(
    'segment-bytes',
    text,
    defaultSegmentBytes,
    segmentBytesLeast,
    segmentBytesMost,
  )
  if (bytes % sectorBytes === 0) return bytes
  throw new UsageError(`--segment-bytes must be a multiple of ${sectorBytes}; it is ${bytes}`)
}

function wholeNumber(
  option: string,
  text: string | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return byDefault
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${option} must be a whole number from ${least} to ${most}; it is ${text}`)
}

/** What cannot go together, in the words of the command line. */
function checked(name: string, options: CourseOptions): CourseOptions {
  try {
    raftOptionsFor(name, [name], options)
    return options
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    throw new UsageError(
      `--heartbeat-ms (${options.heartbeatIntervalMs}) must be below the shortest election ` +
        `timeout (${options.electionTimeoutMinMs}), or followers would start elections under a ` +
        'leader',
    )
  }
}
