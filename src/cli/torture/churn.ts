/**
 * Members that come and go while everything else strikes: servers are added, removed and replaced,
 * and leadership is handed over, one wish at a time, each told again until it is fulfilled.
 */
import type { Random } from '../../base/random.ts'
import { type Admin, KontikiError, openAdmin } from '../../library/index.ts'
import { sleep } from '../processes/waiting.ts'
import type { Cluster } from './cluster.ts'

export type WishKind = 'add' | 'remove' | 'replace' | 'transfer'

export type ChurnCounts = Readonly<Record<WishKind, number>> & {
  /** Attempts that were given up, and made again. */
  readonly attemptsFailed: number
}

/** Servers beyond those that began: one more member, and one that takes another's place. */
export const churnSpares = 2

/** Before a wish is told again: the fault that stood in its way may be over. */
const attemptTimeoutMs = 10_000

/** Handing over is a matter of an election, and of no account where it fails. */
const transferTimeoutMs = 3000

const retryAfterMs = 100

export class Churn {
  readonly #cluster: Cluster
  readonly #random: Random
  readonly #recoveryMs: number
  readonly #admin: Admin
  /** Members, by what has been fulfilled. */
  readonly #members: string[]
  /** How many there are at least. */
  readonly #least: number
  readonly #counts: Record<keyof ChurnCounts, number>
  /** Each kind comes once before luck decides, so that a minute has seen them all. */
  readonly #opening: WishKind[] = ['replace', 'add', 'transfer', 'remove']

  /** `recoveryMs`: how long a wish may take when nothing is wrong any more. */
  constructor(cluster: Cluster, random: Random, recoveryMs: number) {
    this.#cluster = cluster
    this.#random = random
    this.#recoveryMs = recoveryMs
    this.#admin = openAdmin({ servers: cluster.addresses })
    this.#members = cluster.taken.map((place) => cluster.idAt(place) as string)
    this.#least = this.#members.length
    this.#counts = { add: 0, remove: 0, replace: 0, transfer: 0, attemptsFailed: 0 }
  }

  get counts(): ChurnCounts {
    return this.#counts
  }

  /** Until `over`; the wish that is under way then is fulfilled. Rejects where it is not. */
  async run(over: AbortSignal): Promise<void> {
    try {
      while (!over.aborted) {
        await this.#fulfil(this.#draw(), over)
        await sleep(this.#random.integer(0, 500), over).catch(() => {})
      }
    } finally {
      await this.#admin.close()
    }
  }

  #draw(): WishKind {
    const first = this.#opening.shift()
    if (first !== undefined) return first
    const isMore = this.#members.length > this.#least
    return this.#random.pick(
      isMore
        ? ['replace', 'replace', 'remove', 'transfer']
        : ['replace', 'replace', 'add', 'transfer'],
    )
  }

  async #fulfil(kind: WishKind, over: AbortSignal): Promise<void> {
    switch (kind) {
      case 'transfer':
        return this.#transfer()
      case 'add': {
        const { id, address } = await this.#invite()
        await this.#insist(`add ${id}`, over, (settings) => {
          return this.#admin.addServer(id, address, settings)
        })
        this.#members.push(id)
        break
      }
      case 'remove': {
        const old = this.#drawMember()
        await this.#insist(`remove ${old}`, over, (settings) => {
          return this.#admin.removeServer(old, settings)
        })
        await this.#retire(old)
        break
      }
      case 'replace': {
        const old = this.#drawMember()
        const { id, address } = await this.#invite()
        await this.#insist(`replace ${old} by ${id}`, over, (settings) => {
          return this.#admin.replaceServer(old, id, address, settings)
        })
        this.#members.push(id)
        await this.#retire(old)
      }
    }
    this.#counts[kind] += 1
  }

  async #transfer(): Promise<void> {
    const to = this.#random.chance(0.5) ? this.#drawMember() : null
    try {
      await this.#admin.transferLeadership(to, { timeoutMs: transferTimeoutMs })
      this.#counts.transfer += 1
      this.#cluster.note(`leadership is handed over to ${to ?? 'another'}`)
    } catch (error) {
      this.#failed(`transfer to ${to}`, error)
    }
  }

  /** Tells a wish again and again until it is fulfilled. */
  async #insist(
    wish: string,
    over: AbortSignal,
    attempt: (settings: { readonly timeoutMs: number }) => Promise<unknown>,
  ): Promise<void> {
    let overAt: number | null = null
    for (;;) {
      try {
        await attempt({ timeoutMs: attemptTimeoutMs })
        this.#cluster.note(`done: ${wish}`)
        return
      } catch (error) {
        this.#failed(wish, error)
        if (over.aborted) overAt ??= performance.now()
        if (overAt !== null && performance.now() > overAt + this.#recoveryMs) throw error
      }
      await sleep(retryAfterMs)
    }
  }

  #failed(wish: string, error: unknown): void {
    if (!(error instanceof KontikiError)) throw error
    this.#counts.attemptsFailed += 1
    this.#cluster.note(`not done: ${wish}: ${error.code}: ${error.message}`)
  }

  async #invite(): Promise<{ readonly id: string; readonly address: string }> {
    const invited = await this.#cluster.invite()
    if (invited === null) throw new Error('no place is free for a server')
    return invited
  }

  async #retire(id: string): Promise<void> {
    this.#members.splice(this.#members.indexOf(id), 1)
    await this.#cluster.retire(id)
  }

  #drawMember(): string {
    return this.#random.pick(this.#members)
  }
}
