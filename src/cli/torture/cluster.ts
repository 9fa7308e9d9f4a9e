/**
 * The servers under torture, each behind its proxy, and what a watcher that no fault strikes hears
 * of them: who leads, how far each is, and whether any two have parted.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, openClient, type ServerStatus } from '../../library/index.ts'
import { freePorts, isTcpPortFree } from '../processes/free-ports.ts'
import { LinkProxy } from './link-proxy.ts'
import { Network } from './network.ts'
import type { Fault } from './plan.ts'
import { StoreProcess } from './store-process.ts'
import type { StrikeTarget } from './strike.ts'
import type { Warden } from './warden.ts'

export interface ClusterPlan {
  /** Where logs and data are kept. */
  readonly folder: string
  readonly servers: number
  /** The program of a server, and what stands before its options, for Node. */
  readonly program: readonly string[]
  readonly warden: Warden
  readonly report: (problem: string) => void
}

interface Member {
  readonly process: StoreProcess
  readonly proxy: LinkProxy
  status: ServerStatus | null
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
export const serversMax: number = names.length

/** Between two looks at the servers. */
const watchEveryMs = 100

/** How long a server has to say how it is; one that stands still says nothing. */
const statusTimeoutMs = 250

export class Cluster implements StrikeTarget {
  readonly ids: readonly string[]
  readonly network: Network
  /** `a=host:port,b=host:port`: where the proxies are. */
  readonly addresses: string
  readonly #plan: ClusterPlan
  readonly #members: readonly Member[]
  readonly #proxyPorts: readonly number[]
  readonly #watcher: Client<unknown, unknown, unknown, unknown>
  /** The digest that some server had when it had applied so much. */
  readonly #digests = new Map<number, { readonly id: string; readonly digest: string }>()
  readonly #startedAt = performance.now()
  #isClosed = false

  private constructor(plan: ClusterPlan, ports: readonly number[]) {
    this.#plan = plan
    this.ids = names.slice(0, plan.servers)
    this.#proxyPorts = ports.slice(0, plan.servers)
    const ownPorts = ports.slice(plan.servers)
    this.addresses = this.ids.map((id, i) => `${id}=127.0.0.1:${this.#proxyPorts[i]}`).join(',')
    this.network = new Network(() => {
      for (const { proxy } of this.#members) proxy.flush()
    })
    this.#members = this.ids.map((id, i) => this.#newMember(id, ownPorts[i] as number))
    const own = this.ids.map((id, i) => `${id}=127.0.0.1:${ownPorts[i]}`)
    this.#watcher = openClient({ servers: own.join(','), timeoutMs: statusTimeoutMs })
  }

  /** Finds the ports; nothing is started yet. */
  static async prepare(plan: ClusterPlan): Promise<Cluster> {
    return new Cluster(plan, await freePorts(2 * plan.servers, isTcpPortFree))
  }

  #newMember(id: string, port: number): Member {
    const { folder, program, warden, report } = this.#plan
    const args = [
      ...program,
      ...['--id', id, '--servers', this.addresses],
      ...['--listen', `127.0.0.1:${port}`, '--data-dir', join(folder, id)],
    ]
    const place = { id, args, logPath: join(folder, `${id}.log`) }
    const process = new StoreProcess(place, warden, (how) => {
      report(`server ${id} ended by itself ${how}`)
    })
    return { process, proxy: new LinkProxy(id, port, this.network), status: null }
  }

  /** Writes a line into the journal, for whoever looks at a folder that was kept. */
  note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    appendFileSync(join(this.#plan.folder, 'journal.txt'), `${seconds} ${text}\n`)
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#members.map(({ proxy }, i) => proxy.listen(this.#proxyPorts[i] ?? 0)))
    await Promise.all(this.#members.map(({ process }) => process.start()))
  }

  /** Asks every server how it is, again and again, until the signal. */
  async watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.look()
      await new Promise((resolve) => setTimeout(resolve, watchEveryMs))
    }
  }

  /** How every server is now; null where one says nothing. */
  async look(): Promise<readonly (ServerStatus | null)[]> {
    const reports = await this.#watcher.status()
    for (const [i, { status }] of reports.entries()) {
      const member = this.#members[i]
      if (member === undefined) continue
      if (status !== null) this.#compare(status)
      member.status = status
    }
    return reports.map(({ status }) => status)
  }

  /** Servers that have applied the same must have become the same. */
  #compare({ id, lastApplied, digest }: ServerStatus): void {
    const known = this.#digests.get(lastApplied)
    if (known === undefined) this.#digests.set(lastApplied, { id, digest })
    else if (known.digest !== digest) {
      this.#plan.report(
        `${id} and ${known.id} have parted: with ${lastApplied} entries applied their digests ` +
          `are ${digest} and ${known.digest}`,
      )
    }
  }

  leader(): number | null {
    let leader: number | null = null
    let term = 0
    for (const [place, { process, status }] of this.#members.entries()) {
      if (!process.isUp || status?.role !== 'leader' || status.term <= term) continue
      leader = place
      term = status.term
    }
    return leader
  }

  isUp(place: number): boolean {
    return this.#member(place).process.isUp
  }

  isPaused(place: number): boolean {
    return this.#member(place).process.isPaused
  }

  async kill(place: number): Promise<void> {
    const member = this.#member(place)
    member.status = null
    await member.process.kill()
  }

  async start(place: number): Promise<void> {
    if (this.#isClosed) return
    this.note(`${this.ids[place]} is started`)
    await this.#member(place).process.start()
  }

  pause(place: number): void {
    this.#member(place).process.pause()
  }

  resume(place: number): void {
    this.#member(place).process.resume()
  }

  reset(place: number): void {
    const id = this.ids[place]
    for (const { proxy } of this.#members) {
      proxy.reset((caller) => proxy.callee === id || caller === id)
    }
  }

  struck(fault: Fault, places: readonly number[]): void {
    const leader = this.leader()
    const who = places.map((place) => `${this.ids[place]}${place === leader ? '*' : ''}`).join(' ')
    this.note(`${JSON.stringify(fault)} strikes ${who}`)
  }

  /** Whatever was started ends, and nothing is started any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#members.map(({ process }) => process.kill()))
    for (const { proxy } of this.#members) proxy.close()
    await this.#watcher.close()
  }

  #member(place: number): Member {
    const member = this.#members[place]
    if (member === undefined) throw new RangeError(`there is no server ${place}`)
    return member
  }
}
