/**
 * One server of a key-value store, from its start to its orderly end. The server is the library's;
 * what is here is how a process of its own behaves around it.
 */

import { ServerListError } from '../../course/index.ts'
import {
  ApplyError,
  bytesCodecs,
  type KontikiServer,
  keyValueMachine,
  OptionError,
  openServer,
  type ServerStatus,
} from '../../library/index.ts'
import { defaultOptions } from '../../raft/index.ts'
import { defaultSnapshotOptions, type GivenSnapshotOptions } from '../../server/index.ts'
import { reasonFor } from '../program.ts'
import { findStoreServer, readServers, type StoreServer } from '../store/servers.ts'
import { ElectionLines } from './election-lines.ts'
import { type LogFormat, ServerLog } from './server-log.ts'

export interface ServeSettings {
  readonly id: string
  /** A list, or a file with one. */
  readonly servers: string
  readonly dataDir: string
  readonly listen?: string
  readonly bootstrap?: boolean
  readonly join?: boolean
  readonly refill?: boolean
  readonly clusterId?: string
  readonly electionTimeoutMs: number
  readonly heartbeatMs: number
  readonly leaseClockDrift?: number
  readonly diskSilenceMs?: number
  readonly segmentBytes?: number
  readonly reserveBytes?: number
  readonly snapshotLogBytes?: number
}

type Server = KontikiServer<Uint8Array, Uint8Array, Uint8Array, Uint8Array>

/**
 * How long an orderly end may take, beside the time for handing over the leadership; a disk that
 * hangs must not keep the process.
 */
const stopTimeoutMs = 5000

/** Resolves when the server runs; the process ends when it is told to, or the server fails. */
export async function serve(settings: ServeSettings, format: LogFormat): Promise<void> {
  const log = new ServerLog(format, settings.id)
  const life = new Life(log)
  try {
    const server = await open(settings)
    tell(server, log)
    life.runs(server, settings)
    log.say('listening', listeningLine(settings, server), {
      address: settings.listen ?? server.address,
    })
  } catch (error) {
    life.failed(inFlags(error))
  }
}

async function open(settings: ServeSettings): Promise<Server> {
  const { id, dataDir, electionTimeoutMs, heartbeatMs, leaseClockDrift } = settings
  const servers = readServers(settings.servers)
  requireNames(servers)
  findStoreServer(servers, id)
  return openServer({
    id,
    servers: Object.fromEntries(servers.map((server) => [server.id, server.address])),
    dataDir,
    stateMachine: keyValueMachine(),
    codecs: bytesCodecs,
    raft: {
      preVote: true,
      electionTimeoutMinMs: electionTimeoutMs,
      electionTimeoutMaxMs: 2 * electionTimeoutMs,
      heartbeatIntervalMs: heartbeatMs,
      leaseClockDriftMax: leaseClockDrift ?? null,
      diskSilenceMaxMs: settings.diskSilenceMs ?? null,
      ...trailing(settings.snapshotLogBytes),
    },
    ...given('bootstrap', settings.bootstrap),
    ...given('snapshots', snapshotBounds(settings.snapshotLogBytes)),
    ...given('join', settings.join),
    ...given('refill', settings.refill),
    ...given('listen', settings.listen),
    ...given('clusterId', settings.clusterId),
    ...given('segmentBytes', settings.segmentBytes),
    ...given('reserveBytes', settings.reserveBytes),
  })
}

/** As the library says it, in the words of this program. */
function inFlags(error: unknown): unknown {
  if (error instanceof Error && error.message.includes('with the option refill')) {
    return new Error(error.message.replace('the option refill', '--refill'))
  }
  if (!(error instanceof OptionError) || error.option !== 'bootstrap') return error
  return new Error(
    error.message.replaceAll(/\b(bootstrap|join)\b(?= or| must| founds| waits)/g, '--$1'),
  )
}

/** Where a log is to be short, it is not worth more than that to save snapshots. */
function snapshotBounds(logBytesMax: number | undefined): GivenSnapshotOptions | undefined {
  if (logBytesMax === undefined) return undefined
  return { logBytesMax, logBytesMin: Math.min(logBytesMax, defaultSnapshotOptions.logBytesMin) }
}

/** What stays for followers that are a little behind is a quarter of it at most. */
function trailing(logBytesMax: number | undefined): { trailingBytesMax?: number } {
  if (logBytesMax === undefined) return {}
  const { trailingBytesMax } = defaultOptions
  return { trailingBytesMax: Math.min(trailingBytesMax, Math.floor(logBytesMax / 4)) }
}

/** An address may change and a name never does: a server must not be called by its address. */
function requireNames(servers: readonly StoreServer[]): void {
  const unnamed = servers.find(({ id, address }) => id === address)
  if (unnamed === undefined) return
  const { address } = unnamed
  throw new ServerListError(`${address} has no name; give each server one, as in a=${address}`)
}

function given<Name extends string, T>(name: Name, value: T | undefined): { [N in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: T }
}

function tell(server: Server, log: ServerLog): void {
  const elections = new ElectionLines()
  server.on('role', (event) => {
    const line = elections.line(event, performance.now())
    if (line !== null) log.say('role', line, event)
  })
  server.on('warning', ({ code, text }) => log.say('warning', text, { code }))
  server.on('leader', ({ leaderId }) => {
    if (leaderId !== null) elections.leaderIsKnown()
  })
  server.on('removed', ({ index }) => {
    const line = `is no member any more, by entry ${index}: it stays quiet, and can be stopped`
    log.say('removed', line, { index })
  })
  server.on('added', ({ index }) => {
    log.say('added', `takes part in the cluster, by entry ${index}`, { index })
  })
}

function listeningLine({ listen, dataDir }: ServeSettings, server: Server): string {
  const { voters, part, cluster } = server.status()
  const known = listen === undefined ? '' : `, known as ${server.address}`
  const isFounding = cluster?.standing === 'founding'
  const size = isFounding ? 'to found a cluster' : sizeText(voters.length, part)
  const where = `${listen ?? server.address}${known}`
  return `listening on ${where}: ${server.id}, ${size}, data in ${dataDir}`
}

function sizeText(voters: number, part: ServerStatus['part']): string {
  if (part === 'joining') return 'waits to be taken in (kontiki member add)'
  if (part === 'removed') return 'no member any more'
  if (part === 'learner') return `a learner of ${voters}`
  return voters === 1 ? 'alone' : `one of ${voters}`
}

/** How the process ends. */
class Life {
  readonly #log: ServerLog
  #server: Server | null = null
  #stopTimeoutMs = stopTimeoutMs
  #isStopping = false

  constructor(log: ServerLog) {
    this.#log = log
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => void this.#stop(signal))
    }
  }

  runs(server: Server, { electionTimeoutMs }: ServeSettings): void {
    this.#server = server
    this.#stopTimeoutMs = stopTimeoutMs + 2 * electionTimeoutMs
    server.on('error', (error) => this.failed(error))
    if (this.#isStopping) void this.#close()
  }

  failed(error: unknown): void {
    this.#log.say('failed', reasonFor(error instanceof ApplyError ? error.cause : error))
    process.exit(1)
  }

  /** In order, with status 0; asked a second time, at once. */
  async #stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#isStopping) process.exit(0)
    this.#isStopping = true
    this.#log.say('stopping', `stops: ${signal}`, { signal })
    setTimeout(() => {
      this.failed(new Error(`the disk has not answered for ${this.#stopTimeoutMs / 1000} s`))
    }, this.#stopTimeoutMs)
    // One that is still being opened is closed when it is there.
    if (this.#server !== null) await this.#close()
  }

  async #close(): Promise<void> {
    await this.#server?.close()
    process.exit(0)
  }
}
