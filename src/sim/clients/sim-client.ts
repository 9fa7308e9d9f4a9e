/**
 * One simulated client: the real one, in a process of its own, asking for one thing after another.
 * Now and then it ends, with or without a word, and another takes its place.
 */
import type { Random } from '../../base/random.ts'
import {
  ClientCore,
  type ClientEvent,
  channelsOver,
  clientOptions,
  type RequestResult,
} from '../../client/index.ts'
import { encodeKvQuery } from '../../state-machine/index.ts'
import type { World } from '../world.ts'
import { ClientProcess } from './client-process.ts'
import { type ClientsOptions, keepAliveIntervalMs } from './clients-options.ts'
import { drawWrite, type Key, type Keys, type Sight } from './keys.ts'
import { outputOfRead, outputOfWrite, type Read, type Write } from './operation.ts'

interface Named {
  readonly name: string
}

/** Who asks for writes and reads on behalf of clients, and hears what became of them. */
export interface Recorder {
  write(
    client: Named,
    draw: (serial: number) => Write['input'],
    hasSession: boolean,
  ): { readonly command: Uint8Array; readonly done: (result: RequestResult) => void }
  read(
    client: Named,
    key: string,
    consistency: Read['consistency'],
  ): { readonly done: (result: RequestResult) => void }
  told(client: Named, event: ClientEvent): void
}

export class SimClient {
  readonly name: string
  readonly #world: World
  readonly #options: ClientsOptions
  readonly #keys: Keys
  readonly #recorder: Recorder
  readonly #random: Random
  readonly #readChance: number
  #lives = 0
  #process: ClientProcess
  #core: ClientCore
  #seen = new Map<string, Sight>()
  /** The keys of writes that are under way, in this life. */
  #writing = new Set<Key[]>()

  constructor(
    world: World,
    name: string,
    options: ClientsOptions,
    keys: Keys,
    recorder: Recorder,
    random: Random,
  ) {
    this.#world = world
    this.name = name
    this.#options = options
    this.#keys = keys
    this.#recorder = recorder
    this.#random = random
    this.#readChance = random.pick([options.readChance, options.readChance, 0.05, 1])
    this.#process = new ClientProcess(world, name)
    this.#core = this.#begin()
  }

  /** Operations that are not settled. */
  get outstanding(): number {
    return this.#core.outstanding
  }

  /** Which of the processes of this name it is. */
  get life(): number {
    return this.#lives
  }

  /** Asks for something, whatever it is; perhaps for the last time. */
  ask(): void {
    const { endChance } = this.#options
    const key = this.#keys.pick()
    if (this.#random.chance(this.#readChance)) this.#read(key)
    else this.#write(key)
    if (this.#random.chance(endChance)) this.#replace()
  }

  /** Bids farewell; what is under way fails. */
  close(): void {
    this.#core.close()
  }

  #write(key: Key): void {
    const { sessionlessChance, paddingMax } = this.#options
    const session = !this.#random.chance(sessionlessChance)
    const seen = this.#seen.get(key.name) ?? null
    const draw = (serial: number): Write['input'] => {
      return drawWrite(this.#random, key, serial, seen, paddingMax)
    }
    const { command, done } = this.#recorder.write(this, draw, session)
    const timeoutMs = this.#timeoutMs()
    const writing = this.#writing
    const place = [key]
    writing.add(place)
    const operation = this.#core.request(command, { timeoutMs, session }, (result) => {
      writing.delete(place)
      done(result)
      if (result.error?.outcome === 'unknown') key.unknown += 1
      if (result.error === null) this.#learn(key.name, outputOfWrite(result.response))
    })
    this.#mayAbort(operation)
  }

  #read({ name }: Key): void {
    const consistency = this.#random.pick(this.#options.consistencies)
    const { done } = this.#recorder.read(this, name, consistency)
    const query = encodeKvQuery({ kind: 'get', key: name })
    const timeoutMs = this.#timeoutMs()
    const operation = this.#core.query(query, { consistency, timeoutMs }, (result) => {
      done(result)
      if (result.error === null) this.#learn(name, outputOfRead(result.response))
    })
    this.#mayAbort(operation)
  }

  #learn(key: string, output: ReturnType<typeof outputOfRead>): void {
    if (output?.kind === 'value') {
      this.#seen.set(key, { value: output.value, version: output.version ?? 0 })
    }
  }

  #timeoutMs(): number {
    const { timeoutMs, hurryChance } = this.#options
    return timeoutMs * (this.#random.chance(hurryChance) ? 0.1 * this.#random.float() : 1)
  }

  #mayAbort(operation: { cancel(): void }): void {
    const { abortChance, timeoutMs } = this.#options
    if (!this.#random.chance(abortChance)) return
    this.#process.at(this.#world.now + timeoutMs * this.#random.float() ** 3, () => {
      operation.cancel()
    })
  }

  #replace(): void {
    const process = this.#process
    const writing = this.#writing
    const vanish = (): void => {
      process.isGone = true
      this.#world.connections.ended(process, 'kill')
      for (const [key] of writing) if (key !== undefined) key.unknown += 1
    }
    if (this.#random.chance(0.5)) this.#core.close(vanish)
    else vanish()
    this.#core = this.#begin()
  }

  #begin(): ClientCore {
    const { connections, serverIds } = this.#world
    this.#lives += 1
    const random = this.#random.fork(`life ${this.#lives}`)
    this.#process = new ClientProcess(this.#world, this.name)
    this.#seen = new Map()
    this.#writing = new Set()
    const servers = serverIds.map((id) => ({ id, address: addressOf(id) }))
    const { client } = this.#options
    return new ClientCore({
      openChannel: channelsOver(connections.dialer(this.#process)),
      clock: this.#process,
      random,
      servers,
      options: clientOptions({
        ...client,
        keepAliveIntervalMs: keepAliveIntervalMs(random, this.#options),
      }),
      preferred: random.chance(0.5) ? addressOf(random.pick(serverIds)) : null,
      trace: (event) => this.#recorder.told(this, event),
    })
  }
}

/** Where clients find a server, whatever the configuration says of it. */
export function addressOf(id: string): string {
  return `${id}:1`
}
