/**
 * One server of a cluster, inside the process that opens it: over TCP, with its log on disk. Its
 * own `propose` and `query` take the way of any client, but for the network to itself.
 */
import { ClientCore, channelsOver } from '../client/index.ts'
import type { LogIndex, Role, ServerId, Term } from '../raft/index.ts'
import { clientListener, type ServerStatus } from '../server/index.ts'
import { NodeClock, TcpDialer, TcpListener } from '../transport/index.ts'
import { type Data, takePlace } from './data.ts'
import { diskWarning } from './disk-warning.ts'
import { Emitter } from './events.ts'
import { channelsFrom } from './local-channel.ts'
import { Member } from './member.ts'
import { codecsOf, Operations, type ProposeSettings, type QuerySettings } from './operations.ts'
import { makeRandom } from './random.ts'
import { type ServerPlan, type ServerSettings, serverPlan } from './server-options.ts'

/** What a server tells while it runs. */
export interface ServerEvents {
  /** This server's part: `leader`, `follower`, `candidate` or, before that, `preCandidate`. */
  readonly role: { readonly role: Role['kind']; readonly term: Term; readonly why: string }
  readonly term: { readonly term: Term }
  /** Who leads, as far as this server knows; null: nobody. */
  readonly leader: { readonly leaderId: ServerId | null; readonly term: Term }
  /** An entry is committed and applied. */
  readonly commit: { readonly index: LogIndex; readonly term: Term }
  /** It no longer takes part, and stays quiet; the entry at `index` says so. It can be closed. */
  readonly removed: { readonly index: LogIndex }
  /** It takes part from here on, as learner or voter, and did not before. */
  readonly added: { readonly index: LogIndex }
  /**
   * What an operator should hear of, in one line: servers that are not let in, what the server
   * waits for before it takes part.
   */
  readonly warning: { readonly code: string; readonly text: string }
  /** It has failed for good, and is closed: its disk failed, or its state machine threw. */
  readonly error: Error
  readonly closed: undefined
}

export interface KontikiServer<Command, Query, Result, Answer> {
  readonly id: ServerId
  /** `host:port`, as the others know it. */
  readonly address: string
  /** Has the command happen, once, whoever leads; the state machine's result. */
  propose(command: Command, settings?: ProposeSettings): Promise<Result>
  query(query: Query, settings?: QuerySettings): Promise<Answer>
  /** This server as it sees itself. */
  status(): ServerStatus
  on<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): void
  off<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): void
  /**
   * Stops taking part, and gives back the port and the directory. What is under way fails. A leader
   * hands over first, which takes an election timeout at most.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Resolves once the server takes part, which is before there is a leader. Rejects with an
 * OptionError where a setting cannot be, and with one line where the port or the directory cannot
 * be had.
 */
export async function openServer<
  Command = unknown,
  Query = unknown,
  Result = unknown,
  Answer = Result,
>(
  settings: ServerSettings<Command, Query, Result, Answer>,
): Promise<KontikiServer<Command, Query, Result, Answer>> {
  const plan = serverPlan(settings)
  settings.signal?.throwIfAborted()
  const place = await takePlace(plan)
  const listener = new TcpListener()
  let server: TcpServer<Command, Query, Result, Answer> | null = null
  let data: Data | null = null
  try {
    await listener.start(plan.listen.host, plan.listen.port, {
      client: clientListener(() => server?.member ?? null),
      server: (connection, hello) =>
        server?.member.transport.accept(connection, hello) ?? {
          code: 'STOPPING',
          text: `server ${plan.id} is starting`,
        },
    })
    const servers = withPort(plan, listener.port)
    const clock = new NodeClock({ inputCount: () => server?.member.transport.inputCount ?? 0 })
    data = place.open(clock, (error) => server?.fail(error))
    server = new TcpServer(plan, settings, { servers, listener, clock, data })
    server.start()
    if (server.failure !== null) throw server.failure
  } catch (error) {
    await listener.stop()
    if (server !== null) await server.close()
    else if (data === null) place.release()
    else await data.close()
    throw error
  }
  const running = server
  settings.signal?.addEventListener('abort', () => void running.close(), { once: true })
  return running
}

interface ServerParts {
  readonly servers: ReadonlyMap<string, string>
  readonly listener: TcpListener
  readonly clock: NodeClock
  readonly data: Data
}

class TcpServer<Command, Query, Result, Answer>
  implements KontikiServer<Command, Query, Result, Answer>
{
  readonly id: ServerId
  readonly address: string
  readonly member: Member
  readonly #listener: TcpListener
  readonly #data: Data
  readonly #client: ClientCore
  readonly #operations: Operations<Command, Query, Result, Answer>
  readonly #events = new Emitter<ServerEvents>()
  #term: Term = 0
  #closed: Promise<void> | null = null
  /** Why it is closed, where nobody has closed it. */
  failure: Error | null = null

  constructor(
    plan: ServerPlan,
    settings: ServerSettings<Command, Query, Result, Answer>,
    { servers, listener, clock, data }: ServerParts,
  ) {
    this.id = plan.id
    this.address = servers.get(plan.id) as string
    this.#listener = listener
    this.#data = data
    this.member = new Member({
      plan,
      servers,
      clock,
      data,
      events: {
        roleChanged: (role, term, why) => this.#roleChanged(role, term, why),
        leaderChanged: (leaderId, term) => this.#events.emit('leader', { leaderId, term }),
        applied: ({ index, term }) => {
          if (this.#events.has('commit')) this.#events.emit('commit', { index, term })
        },
        noticed: (notice) => {
          const { kind } = notice
          if (kind === 'removed' || kind === 'added') this.#events.emit(kind, notice)
          const warning = diskWarning(this.id, notice)
          if (warning !== null) this.#events.emit('warning', warning)
        },
        stopped: (error) => this.fail(error),
      },
      warn: (code, text) => this.#events.emit('warning', { code, text }),
      failed: (error) => this.fail(error),
    })
    this.#client = this.#makeClient(plan, servers)
    this.#operations = new Operations(this.#client, codecsOf(settings.codecs), true)
  }

  start(): void {
    this.member.start()
  }

  propose(command: Command, settings?: ProposeSettings): Promise<Result> {
    return this.#operations.propose(command, settings)
  }

  query(query: Query, settings?: QuerySettings): Promise<Answer> {
    return this.#operations.query(query, settings)
  }

  status(): ServerStatus {
    return this.member.status()
  }

  on<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): void {
    this.#events.on(name, listener)
  }

  off<Name extends keyof ServerEvents>(
    name: Name,
    listener: (event: ServerEvents[Name]) => void,
  ): void {
    this.#events.off(name, listener)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeClient(plan: ServerPlan, servers: ReadonlyMap<string, string>): ClientCore {
    const elsewhere = channelsOver(new TcpDialer())
    return new ClientCore({
      openChannel: channelsFrom(this.member, this.address, elsewhere, queueMicrotask),
      clock: new NodeClock(),
      random: makeRandom(),
      servers: [...servers].map(([id, address]) => ({ id, address })),
      preferred: this.address,
      options: plan.client,
    })
  }

  #roleChanged(role: Role['kind'], term: Term, why: string): void {
    if (term !== this.#term) {
      this.#term = term
      this.#events.emit('term', { term })
    }
    this.#events.emit('role', { role, term, why })
  }

  /** The session is closed while there is still a server to close it through. */
  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#client.close(resolve, `server ${this.id} was closed`)
    })
    await new Promise<void>((resolve) => this.member.handOver(resolve))
    await this.#takeApart()
  }

  /** It goes on for nobody: whoever waits is told, and nothing is left running. */
  fail(error: Error): void {
    if (this.#closed !== null) return
    this.failure = error
    const problem = `server ${this.id} has failed: ${error.message}`
    this.#client.fail('SERVER_FAILED', problem)
    this.#closed = this.#takeApart()
    this.#events.emit('error', error)
  }

  async #takeApart(): Promise<void> {
    this.member.close()
    await this.#listener.stop()
    // What the disk says now, nobody has been promised anything about.
    await this.#data.close().catch(() => {})
    this.#events.emit('closed', undefined)
  }
}

/** A server that is alone may let the system choose its port. */
function withPort(plan: ServerPlan, port: number): ReadonlyMap<string, string> {
  const servers = new Map(plan.servers)
  const address = servers.get(plan.id) as string
  if (address.endsWith(':0')) servers.set(plan.id, `${address.slice(0, -1)}${port}`)
  return servers
}
