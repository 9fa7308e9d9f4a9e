/**
 * The servers under torture, each behind its proxy: started, killed, paused and cut off, taken in
 * and retired. What is heard of them is observation.ts's.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, isTcpPortFree } from '../processes/free-ports.ts'
import { Network } from './network.ts'
import { type Occupant, Place } from './place.ts'
import type { Fault } from './plan.ts'
import { StoreProcess } from './store-process.ts'
import type { StrikeTarget } from './strike.ts'
import type { Warden } from './warden.ts'

export interface ClusterPlan {
  /** Where logs and data are kept. */
  readonly folder: string
  /** How many begin the cluster. */
  readonly servers: number
  /** Places beyond those, for servers that come later. */
  readonly spares: number
  /** The program of a server, and what stands before its other options, for Node. */
  readonly program: readonly string[]
  readonly warden: Warden
  readonly report: (problem: string) => void
}

export const serversMax = 9

/** a to z, then a1 to z1, and so on: none is used twice. */
function nameOf(number: number): string {
  const letter = String.fromCharCode('a'.charCodeAt(0) + (number % 26))
  return number < 26 ? letter : `${letter}${Math.floor(number / 26)}`
}

export class Cluster implements StrikeTarget {
  readonly network: Network
  readonly places: readonly Place[]
  readonly #plan: ClusterPlan
  readonly #startedAt = performance.now()
  #named = 0
  #isClosed = false
  /** Known by its last word of itself; see observation.ts. */
  leader: () => number | null = () => null

  private constructor(plan: ClusterPlan, ports: readonly number[]) {
    this.#plan = plan
    this.network = new Network(() => {
      for (const { proxy } of this.places) proxy.flush()
    })
    this.places = Array.from({ length: plan.servers + plan.spares }, (_, i) => {
      return new Place(ports[2 * i] as number, ports[2 * i + 1] as number, this.network)
    })
    const first = this.places.slice(0, plan.servers)
    const names = first.map((_, number) => nameOf(number))
    const servers = first.map(({ address }, i) => `${names[i]}=${address}`).join(',')
    const founding = (): readonly string[] => ['--bootstrap', '--servers', servers]
    for (const place of first) place.take(this.#newServer(place, founding))
  }

  /** Finds the ports; nothing is started yet. */
  static async prepare(plan: ClusterPlan): Promise<Cluster> {
    const ports = await freePorts(2 * (plan.servers + plan.spares), isTcpPortFree)
    return new Cluster(plan, ports)
  }

  get size(): number {
    return this.places.length
  }

  /** Of every place, whether there is a server at it or not: where clients look. */
  get addresses(): readonly string[] {
    return this.places.map(({ address }) => address)
  }

  /** Places with a server. */
  get taken(): readonly number[] {
    return [...this.places.keys()].filter((place) => this.#place(place).occupant !== null)
  }

  #newServer(place: Place, servers: (id: string) => readonly string[]): Occupant {
    const { folder, program, warden, report } = this.#plan
    const id = nameOf(this.#named++)
    const dataDir = join(folder, id)
    const args = [...program, '--id', id, ...servers(id), '--listen', place.ownAddress]
    const where = { id, args: [...args, '--data-dir', dataDir], logPath: join(folder, `${id}.log`) }
    const process = new StoreProcess(where, warden, (how) => {
      report(`server ${id} ended by itself ${how}`)
    })
    return { id, process, dataDir, status: null }
  }

  /** Writes a line into the journal, for whoever looks at a folder that was kept. */
  note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    appendFileSync(join(this.#plan.folder, 'journal.txt'), `${seconds} ${text}\n`)
  }

  async startAll(): Promise<void> {
    await Promise.all(this.places.map((place) => place.listen()))
    await Promise.all(this.taken.map((place) => this.start(place)))
  }

  /** Starts a server that waits to be taken in; null where no place is free. */
  async invite(): Promise<{ readonly id: string; readonly address: string } | null> {
    const place = this.places.find(({ occupant }) => occupant === null)
    if (place === undefined || this.#isClosed) return null
    const { address } = place
    const joining = (id: string): string[] => ['--join', '--servers', `${id}=${address}`]
    const occupant = this.#newServer(place, joining)
    const { id } = occupant
    place.take(occupant)
    await this.start(this.places.indexOf(place))
    return { id, address }
  }

  /** The server is no member any more: it ends, and its place is free. */
  async retire(id: string): Promise<void> {
    const place = this.places.find(({ occupant }) => occupant?.id === id)
    const process = place?.occupant?.process
    place?.leave()
    this.note(`${id} is retired`)
    await process?.kill()
  }

  idAt(place: number): string | null {
    return this.#place(place).occupant?.id ?? null
  }

  isUp(place: number): boolean {
    return this.#process(place)?.isUp ?? false
  }

  isPaused(place: number): boolean {
    return this.#process(place)?.isPaused ?? false
  }

  async kill(place: number): Promise<void> {
    const { occupant } = this.#place(place)
    if (occupant === null) return
    occupant.status = null
    await occupant.process.kill()
  }

  /** Whoever is at the place, unless it runs already or has left meanwhile. */
  async start(place: number): Promise<void> {
    const process = this.#process(place)
    if (this.#isClosed || process === null || process.isRunning) return
    this.note(`${this.idAt(place)} is started`)
    await process.start()
  }

  pause(place: number): void {
    this.#process(place)?.pause()
  }

  resume(place: number): void {
    this.#process(place)?.resume()
  }

  reset(place: number): void {
    const id = this.idAt(place)
    for (const { proxy } of this.places) {
      proxy.reset((caller) => proxy.callee === id || caller === id)
    }
  }

  struck(fault: Fault, places: readonly number[]): void {
    const leader = this.leader()
    const who = places.map((place) => `${this.idAt(place)}${place === leader ? '*' : ''}`)
    this.note(`${JSON.stringify(fault)} strikes ${who.join(' ')}`)
  }

  /** Whatever was started ends, and nothing is started any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.places.map(({ occupant }) => occupant?.process.kill()))
    for (const { proxy } of this.places) proxy.close()
  }

  #process(place: number): StoreProcess | null {
    return this.#place(place).occupant?.process ?? null
  }

  #place(place: number): Place {
    const found = this.places[place]
    if (found === undefined) throw new RangeError(`there is no place ${place}`)
    return found
  }
}
