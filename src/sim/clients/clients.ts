/**
 * The clients of a run and everything that is held against what they are told: the serial numbers,
 * the outcomes on all servers, and in the end the history as a whole. The servers' side of their
 * connections is here, too.
 */
import type { Random } from '../../base/random.ts'
import type { ClientEvent, RequestResult } from '../../client/index.ts'
import type { Entry, Milliseconds } from '../../raft/index.ts'
import { clientListener } from '../../server/index.ts'
import type { ByteMachine, Outcome } from '../../state-machine/index.ts'
import type { Life } from '../life.ts'
import type { ProcessEnd } from '../sim-connections.ts'
import type { SimProcess } from '../sim-line.ts'
import type { SimServer } from '../sim-server.ts'
import type { World } from '../world.ts'
import type { ClientsOptions } from './clients-options.ts'
import { HistoryRecorder } from './history-recorder.ts'
import { Keys } from './keys.ts'
import { NumberedMachine } from './numbered-machine.ts'
import { outputOfRead, outputOfWrite, type Read, type Write } from './operation.ts'
import { OutcomeLedger } from './outcome-ledger.ts'
import { type Probe, Prober } from './prober.ts'
import { SerialOracle } from './serial-oracle.ts'
import { ServiceObserver, type Serving } from './service-observer.ts'
import { type Recorder, SimClient } from './sim-client.ts'

/** What the addresses of a server end with, in whatever configuration. */
const portMax = 9

export class Clients implements Recorder {
  readonly oracle: SerialOracle
  readonly #world: World
  readonly #options: ClientsOptions
  readonly #random: Random
  readonly #clients: SimClient[] = []
  readonly #outcomes = new OutcomeLedger()
  readonly #history = new HistoryRecorder()
  readonly #observer: ServiceObserver
  #prober: Prober | null = null

  constructor(world: World, options: ClientsOptions, random: Random) {
    this.#world = world
    this.#options = options
    this.#random = random
    const complain = (what: string): void => world.fail('exactly once', what)
    this.oracle = new SerialOracle(complain)
    const now = (): Milliseconds => world.now
    this.#observer = new ServiceObserver(world.marks, now, world.options.turnMs, complain)
  }

  /** Operations so far. */
  get asked(): number {
    return this.#history.calls
  }

  // Servers.

  /** The state machine of a server's new life. */
  machine({ id }: SimServer): ByteMachine {
    return new NumberedMachine((serial, { index }, response) => {
      this.oracle.execute(id, serial, index, response)
    })
  }

  /** A server takes connections, in this process. */
  serve(owner: SimServer, life: Life, process: SimProcess): void {
    const { id } = owner
    const serving: Serving = { owner, state: life.state, answeredTo: 0 }
    const listener = clientListener(() => ({
      id,
      handleClient: (request, reply) => {
        const takes = request.kind === 'clientRequest' && life.state.role.kind === 'leader'
        life.replica.handleClient(request, this.#observer.asked(serving, request, reply))
        if (takes) this.#world.director?.accepted(owner)
      },
    }))
    for (let port = 1; port <= portMax; port++) {
      this.#world.connections.listen(`${id}:${port}`, process, listener)
    }
  }

  ended(process: SimProcess, how: ProcessEnd): void {
    this.#world.connections.ended(process, how)
  }

  applied(owner: SimServer, entry: Entry, outcome: Outcome): void {
    if (this.#outcomes.isFirst(entry)) this.#observer.applied(entry, outcome)
    const wrong = this.#outcomes.applied(owner.id, entry, outcome)
    if (wrong !== null) this.#world.fail('one outcome on all servers', wrong)
  }

  // The clients' work.

  begin(): void {
    const keys = new Keys(this.#options.keys, this.#random.fork('keys'))
    for (let number = 1; number <= this.#options.clients; number++) {
      const random = this.#random.fork(`client ${number}`)
      const client = new SimClient(this.#world, `c${number}`, this.#options, keys, this, random)
      this.#clients.push(client)
      this.#goOn(client, random)
    }
  }

  /** A command that must go through, from a client that does nothing else. */
  probe(): Probe {
    this.#prober ??= new Prober(this.#world, this, this.#random.fork('prober'))
    return this.#prober.probe()
  }

  /** What they all saw, as a whole. */
  check(): void {
    const verdict = this.#history.check()
    if (verdict.kind === 'hard') this.#world.marks.hit('history too hard to check')
    if (verdict.kind === 'illegal') this.#world.fail('linearizability', verdict.words)
  }

  write(
    client: { readonly name: string },
    draw: (serial: number) => Write['input'],
    hasSession: boolean,
  ): { readonly command: Uint8Array; readonly done: (result: RequestResult) => void } {
    const { oracle } = this
    const input = draw(oracle.nextSerial)
    const { write, command } = oracle.ask(input, hasSession)
    const what = `write ${write.serial}: ${JSON.stringify(input)}`
    this.#tell(client.name, what)
    const recorded = this.#history.call(client.name, input, this.#where())
    const done = (result: RequestResult): void => {
      this.#tell(client.name, `write ${write.serial}: ${wordsFor(result)}`)
      this.#observer.settled(result)
      if (result.error === null) oracle.acknowledged(write, result.index, result.response)
      else if (result.error.outcome === 'unknown') write.status = 'unknown'
      else oracle.notApplied(write)
      const output = result.error === null ? outputOfWrite(result.response) : null
      recorded(result, output, this.#where())
    }
    return { command, done }
  }

  read(
    client: { readonly name: string },
    key: string,
    consistency: Read['consistency'],
  ): { readonly done: (result: RequestResult) => void } {
    const { oracle } = this
    const read: Read = { key, consistency, floor: oracle.acknowledgedTo }
    const what = `${consistency} read of ${key}`
    this.#tell(client.name, what)
    const recorded =
      consistency === 'stale'
        ? null
        : this.#history.call(client.name, { kind: 'get', key }, this.#where())
    const done = (result: RequestResult): void => {
      this.#tell(client.name, `${what}: ${wordsFor(result)}`)
      if (result.error === null) oracle.read(read, result.index, result.response)
      const output = result.error === null ? outputOfRead(result.response) : null
      recorded?.(result, output, this.#where())
    }
    return { done }
  }

  told(_client: { readonly name: string }, event: ClientEvent): void {
    this.#observer.told(event)
  }

  /** One burst after another, for as long as the safety phase lasts. */
  #goOn(client: SimClient, random: Random): void {
    const { everyMs, burstMax } = this.#options
    const world = this.#world
    world.later(-everyMs * Math.log(1 - random.float()), () => {
      if (world.now >= world.options.safetyMs) {
        this.#leave(client)
        return
      }
      for (let count = random.integer(1, burstMax); count > 0; count--) client.ask()
      this.#goOn(client, random)
    })
  }

  /** Once everything is settled that it has asked for, which by its deadlines it is. */
  #leave(client: SimClient): void {
    if (client.outstanding === 0) client.close()
    else this.#world.later(this.#options.timeoutMs, () => this.#leave(client))
  }

  #tell(client: string, what: string): void {
    this.#world.trace.add('client', -1, what, client)
  }

  #where(): string {
    return `${this.#world.now.toFixed(3)} ms`
  }
}

function wordsFor({ error, ...result }: RequestResult): string {
  if (error !== null) return `${error.code}, ${error.outcome}`
  return 'index' in result ? `done, at ${result.index}` : 'done'
}
