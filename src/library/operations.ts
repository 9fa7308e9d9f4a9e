/**
 * Promises, values and abort signals around a client of bytes: what a client and a server's own
 * object have in common. An operation costs one promise, and nothing else that stays.
 */
import { inspect } from 'node:util'
import {
  type Cancel,
  type ClientCore,
  checkTime,
  KontikiError,
  type RequestResult,
} from '../client/index.ts'
import { checkNames, OptionError } from '../raft/index.ts'
import { type Codec, jsonCodec, type MachineCodecs } from '../state-machine/index.ts'
import type { Consistency } from '../wire/index.ts'

export interface OperationSettings {
  /** Instead of the client's own. Infinity: for ever. */
  readonly timeoutMs?: number
  /** Takes the operation back: it fails as `ABORTED`. */
  readonly signal?: AbortSignal
}

export interface ProposeSettings extends OperationSettings {
  /**
   * False: the command is sent outside of the session, and where its answer is lost nobody can say
   * whether it happened. By default as the client has it.
   */
  readonly session?: boolean
}

export interface QuerySettings extends OperationSettings {
  /**
   * `linearizable`, the default: reflects everything that was answered before it was asked.
   * `lease`: the same as long as clocks keep to their bound, where servers are set to it.
   * `stale`: whatever the server that is asked has, perhaps old.
   */
  readonly consistency?: Consistency
}

/** Codecs for what one deals in; JSON for those that are not given. */
export type GivenCodecs<Command, Query, Result, Answer> = Partial<
  MachineCodecs<Command, Query, Result, Answer>
>

export function codecsOf<Command, Query, Result, Answer>(
  given: GivenCodecs<Command, Query, Result, Answer> = {},
): MachineCodecs<Command, Query, Result, Answer> {
  checkNames('codecs', given, ['command', 'query', 'result', 'answer'])
  for (const [name, codec] of Object.entries(given)) {
    if (typeof codec?.encode === 'function' && typeof codec.decode === 'function') continue
    if (codec !== undefined) throw new OptionError(name, 'must have methods encode and decode')
  }
  return {
    command: given.command ?? jsonCodec<Command>(),
    query: given.query ?? jsonCodec<Query>(),
    result: given.result ?? jsonCodec<Result>(),
    answer: given.answer ?? jsonCodec<Answer>(),
  }
}

const noSettings = {}
const consistencies: readonly unknown[] = ['linearizable', 'lease', 'stale']

/** What operations are carried out by. */
export type OperationsCore = Pick<ClientCore, 'request' | 'query'>

export class Operations<Command, Query, Result, Answer> {
  readonly #core: OperationsCore
  readonly #codecs: MachineCodecs<Command, Query, Result, Answer>
  /** For a command whose caller asks for nothing in particular. */
  readonly #plain: { readonly session: boolean }

  constructor(
    core: OperationsCore,
    codecs: MachineCodecs<Command, Query, Result, Answer>,
    session: boolean,
  ) {
    this.#core = core
    this.#codecs = codecs
    this.#plain = { session }
  }

  propose(command: Command, settings: ProposeSettings = noSettings): Promise<Result> {
    return new Promise((resolve, reject) => {
      const bytes = encode(this.#codecs.command, command, 'the command')
      const codec = this.#codecs.result
      if (settings === noSettings) {
        this.#core.request(bytes, this.#plain, (result) => {
          settle(result, codec, 'unknown', resolve, reject)
        })
        return
      }
      const { timeoutMs, signal, session = this.#plain.session } = settings
      if (timeoutMs !== undefined) checkTime('timeoutMs', timeoutMs)
      const options = timeoutMs === undefined ? { session } : { session, timeoutMs }
      const start = (done: (result: RequestResult) => void): Cancel => {
        return this.#core.request(bytes, options, done)
      }
      run(start, codec, signal, 'unknown', resolve, reject)
    })
  }

  query(query: Query, settings: QuerySettings = noSettings): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const bytes = encode(this.#codecs.query, query, 'the query')
      const codec = this.#codecs.answer
      if (settings === noSettings) {
        this.#core.query(bytes, noSettings, (result) => {
          settle(result, codec, 'notApplied', resolve, reject)
        })
        return
      }
      const { timeoutMs, signal, consistency = 'linearizable' } = settings
      if (timeoutMs !== undefined) checkTime('timeoutMs', timeoutMs)
      if (!consistencies.includes(consistency)) {
        const problem = `must be linearizable, lease or stale; it is ${String(consistency)}`
        throw new OptionError('consistency', problem)
      }
      const options = timeoutMs === undefined ? { consistency } : { consistency, timeoutMs }
      const start = (done: (result: RequestResult) => void): Cancel => {
        return this.#core.query(bytes, options, done)
      }
      run(start, codec, signal, 'notApplied', resolve, reject)
    })
  }
}

function encode<T>(codec: Codec<T>, value: T, what: string): Uint8Array {
  try {
    return codec.encode(value)
  } catch (error) {
    const problem = `${what} cannot be encoded: ${messageOf(error)}`
    throw new KontikiError('REFUSED', 'notApplied', problem, error)
  }
}

/** `undecodable`: the outcome where the answer has come and cannot be read. */
function run<T>(
  start: (done: (result: RequestResult) => void) => Cancel,
  codec: Codec<T>,
  signal: AbortSignal | undefined,
  undecodable: KontikiError['outcome'],
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  checkSignal(signal)
  if (signal === undefined) {
    start((result) => settle(result, codec, undecodable, resolve, reject))
    return
  }
  if (signal.aborted) {
    const problem = 'it was aborted before it began (never sent, had no effect)'
    reject(new KontikiError('ABORTED', 'notApplied', problem, signal.reason))
    return
  }
  const abort = (): void => operation.cancel()
  const operation = start((result) => {
    signal.removeEventListener('abort', abort)
    if (result.error?.code === 'ABORTED') reject(abortedBy(signal, result.error))
    else settle(result, codec, undecodable, resolve, reject)
  })
  signal.addEventListener('abort', abort, { once: true })
}

function settle<T>(
  result: RequestResult,
  codec: Codec<T>,
  undecodable: KontikiError['outcome'],
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  if (result.error !== null) {
    reject(result.error)
    return
  }
  let value: T
  try {
    value = codec.decode(result.response)
  } catch (error) {
    const problem = `the answer cannot be decoded: ${messageOf(error)}`
    reject(new KontikiError('BAD_ANSWER', undecodable, problem, error))
    return
  }
  resolve(value)
}

/** Before anything is done: what has begun could neither be taken back nor settled. */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw new OptionError('signal', `must be an AbortSignal; it is ${inspect(signal, { depth: 0 })}`)
}

/** Undefined counts as left out. */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new OptionError(option, `must be a function; it is ${inspect(value, { depth: 0 })}`)
}

function abortedBy(signal: AbortSignal, { outcome, message }: KontikiError): KontikiError {
  return new KontikiError('ABORTED', outcome, message, signal.reason)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
