/**
 * `kontiki/client`: a client of a cluster over TCP, with promises. It connects when it is first
 * asked for something; see ClientCore for what it does then.
 */
import { randomBytes } from 'node:crypto'
import { Random } from '../base/random.ts'
import {
  ClientCore,
  type ClientEvent,
  type ClientOptions,
  channelsOver,
  clientOptions,
  type GivenServer,
  KontikiError,
  type RequestResult,
} from '../client/index.ts'
import { checkNames, checkSwitch, OptionError } from '../raft/index.ts'
import type { ServerStatus } from '../server/index.ts'
import { NodeClock, TcpDialer } from '../transport/index.ts'
import { checkName, parseServers, type ServerList } from './addresses.ts'
import {
  checkFunction,
  checkSignal,
  codecsOf,
  type GivenCodecs,
  type OperationSettings,
  Operations,
  type ProposeSettings,
  type QuerySettings,
} from './operations.ts'

export type { ClientEvent, ClientOptions, KontikiErrorCode, Outcome } from '../client/index.ts'
export { describeClientEvent, KontikiError } from '../client/index.ts'
export { OptionError } from '../raft/index.ts'
export type { ServerStatus } from '../server/index.ts'
export {
  bytesCodec,
  type Codec,
  jsonCodec,
  type KvEntry as KeyValueEntry,
  type KvErrorCode as KeyValueErrorCode,
  type KvRevision as KeyValueRevision,
  type KvStats as KeyValueStats,
  type MachineCodecs,
} from '../state-machine/index.ts'
export type { Consistency } from '../wire/index.ts'
export type { ServerList } from './addresses.ts'
export {
  type ByteClient,
  bytesCodecs,
  type KeyValueChange,
  type KeyValueChangeSettings,
  type KeyValueConflict,
  type KeyValueDeletion,
  KeyValueError,
  type KeyValueInput,
  type KeyValueList,
  type KeyValueListSettings,
  KeyValueStore,
} from './key-value-store.ts'
export type {
  GivenCodecs,
  OperationSettings,
  ProposeSettings,
  QuerySettings,
} from './operations.ts'

export interface ClientSettings<Command, Query, Result, Answer> {
  /** The servers, or some of them: the others are learned of. */
  readonly servers: ServerList
  /** How commands, queries and their answers stand in bytes: JSON, where nothing is given. */
  readonly codecs?: GivenCodecs<Command, Query, Result, Answer>
  /** For operations that give no time of their own; by default 5 s. Infinity: for ever. */
  readonly timeoutMs?: number
  /** False: commands are sent outside of a session, unless they ask for it. */
  readonly session?: boolean
  /** The name or address of the server that is asked first, and for stale answers. */
  readonly preferred?: string
  /** Closes the client. */
  readonly signal?: AbortSignal
  /** Hears what the client does: see `describeClientEvent`. */
  readonly trace?: (event: ClientEvent) => void
  /** What else can be set. */
  readonly limits?: Partial<Omit<ClientOptions, 'timeoutMs'>>
}

/** What one server says of itself, or why nothing came. */
export interface ServerReport {
  /** The name that it was given by; null where it has none. */
  readonly id: string | null
  readonly address: string
  readonly status: ServerStatus | null
  readonly error: KontikiError | null
}

export interface Client<Command, Query, Result, Answer> {
  /** Has the command happen, once; the state machine's result. */
  propose(command: Command, settings?: ProposeSettings): Promise<Result>
  query(query: Query, settings?: QuerySettings): Promise<Answer>
  /** Every server that was given, in that order, as it sees itself. Never rejects for a server. */
  status(settings?: OperationSettings): Promise<ServerReport[]>
  /** Takes nothing more; what is under way fails as `CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Throws an {@link OptionError} where a setting cannot be. */
export function openClient<Command = unknown, Query = unknown, Result = unknown, Answer = Result>(
  settings: ClientSettings<Command, Query, Result, Answer>,
): Client<Command, Query, Result, Answer> {
  return new TcpClient(settings)
}

class TcpClient<Command, Query, Result, Answer> implements Client<Command, Query, Result, Answer> {
  readonly #core: ClientCore
  readonly #operations: Operations<Command, Query, Result, Answer>
  readonly #servers: readonly GivenServer[]
  #closed: Promise<void> | null = null

  constructor(settings: ClientSettings<Command, Query, Result, Answer>) {
    checkNames('openClient', settings, settingNames)
    checkSwitch('session', settings.session)
    checkFunction('trace', settings.trace)
    const servers = parseServers('servers', settings.servers)
    const { timeoutMs, limits, signal, session = true, trace = null } = settings
    checkSignal(signal)
    this.#servers = servers
    this.#core = new ClientCore({
      openChannel: channelsOver(new TcpDialer()),
      clock: new NodeClock(),
      random: new Random(randomBytes(16).toString('hex')),
      servers,
      preferred: preferredAddress(servers, settings.preferred),
      options: clientOptions(timeoutMs === undefined ? limits : { ...limits, timeoutMs }),
      trace,
    })
    this.#operations = new Operations(this.#core, codecsOf(settings.codecs), session)
    if (signal?.aborted === true) void this.close()
    else signal?.addEventListener('abort', () => void this.close(), { once: true })
  }

  propose(command: Command, settings?: ProposeSettings): Promise<Result> {
    return this.#operations.propose(command, settings)
  }

  query(query: Query, settings?: QuerySettings): Promise<Answer> {
    return this.#operations.query(query, settings)
  }

  status({ timeoutMs, signal }: OperationSettings = {}): Promise<ServerReport[]> {
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    const reports = this.#servers.map(({ id = null, address }) => {
      return new Promise<ServerReport>((resolve) => {
        const operation = this.#core.status(address, options, (result) => {
          signal?.removeEventListener('abort', abort)
          resolve({ id, address, ...reportOf(address, result) })
        })
        const abort = (): void => operation.cancel()
        if (signal?.aborted === true) abort()
        else signal?.addEventListener('abort', abort, { once: true })
      })
    })
    return Promise.all(reports)
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#core.close(resolve))
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const settingNames = Object.keys({
  servers: 0,
  codecs: 0,
  timeoutMs: 0,
  session: 0,
  preferred: 0,
  signal: 0,
  trace: 0,
  limits: 0,
} satisfies Record<keyof ClientSettings<unknown, unknown, unknown, unknown>, 0>)

function preferredAddress(servers: readonly GivenServer[], preferred?: string): string | null {
  if (preferred === undefined) return null
  checkName('preferred', preferred)
  const found = servers.find(({ id, address }) => id === preferred || address === preferred)
  if (found !== undefined) return found.address
  throw new OptionError('preferred', `must be one of the servers; it is ${preferred}`)
}

function reportOf(address: string, result: RequestResult): Pick<ServerReport, 'status' | 'error'> {
  if (result.error !== null) return { status: null, error: result.error }
  try {
    return { status: JSON.parse(result.json) as ServerStatus, error: null }
  } catch (cause) {
    const problem = `${address}: its status is no JSON`
    const error = new KontikiError('BAD_ANSWER', 'notApplied', problem, cause)
    return { status: null, error }
  }
}
