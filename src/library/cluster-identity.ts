/**
 * Which cluster a server belongs to, and how it comes to. The first servers found one together:
 * each waits until it has spoken to all of the others, and then all know the same names and
 * incarnations, from which the cluster's id is made; nobody votes before that. A later server
 * joins: it belongs to the cluster of the first member that it speaks to. What is decided here is
 * written down by others, and decided once.
 */
import { createHash } from 'node:crypto'
import { type Configuration, incarnationOf, type LogIndex, type ServerId } from '../raft/index.ts'
import type { ClusterRecord, Founder } from '../storage/index.ts'
import {
  type Life,
  noLife,
  type RefusalCode,
  type Standing,
  type TcpIdentity,
} from '../transport/index.ts'

/** What a server is told about its cluster at its start. */
export interface ClusterStart {
  readonly serverId: ServerId
  readonly incarnation: number
  /** The cluster's id, where it was given one; otherwise ''. */
  readonly clusterId: string
  /** What its data directory says; null: nothing yet. */
  readonly record: ClusterRecord | null
  /** With whom it founds the cluster where nothing is recorded, itself included; null: it joins. */
  readonly founders: ReadonlyMap<ServerId, string> | null
}

export type Objection = readonly [RefusalCode, string]

/** Digits of the id that is made of the founders: enough that no two clusters ever share one. */
const clusterIdLength = 16

export class ClusterIdentity {
  readonly #serverId: ServerId
  readonly #incarnation: number
  readonly #founders: ReadonlyMap<ServerId, string>
  /** It founds its cluster, or has founded it, with nobody else. */
  readonly isLoneFounder: boolean
  /** The other founders that it has spoken to, as they were when it last did. */
  readonly #heard = new Map<ServerId, TcpIdentity>()
  #clusterId: string
  #standing: Standing
  #settledIndex: LogIndex = 0
  #isNamed = false
  #life: Life = noLife

  constructor({ serverId, incarnation, clusterId, record, founders }: ClusterStart) {
    this.#serverId = serverId
    this.#incarnation = incarnation
    this.#founders = founders ?? new Map()
    const names =
      record === null ? [...this.#founders.keys()] : record.founders?.map(({ id }) => id)
    this.isLoneFounder = names?.length === 1 && names[0] === serverId
    this.#clusterId = record?.clusterId ?? clusterId
    const beginning = founders === null ? 'joining' : 'founding'
    this.#standing = record === null ? beginning : 'member'
  }

  get own(): TcpIdentity {
    return {
      clusterId: this.#clusterId,
      serverId: this.#serverId,
      incarnation: this.#incarnation,
      standing: this.#standing,
      settledIndex: this.#settledIndex,
      isNamed: this.#isNamed,
      life: this.#life,
    }
  }

  /** With what it takes part, from its beginning. */
  begins(life: Life): void {
    this.#life = life
  }

  /** What our log says by now of who takes part. Returns whether that is news. */
  learned(configuration: Configuration, settledIndex: LogIndex): boolean {
    const isNamed = incarnationOf(configuration, this.#serverId) === this.#incarnation
    const isNews = isNamed !== this.#isNamed || settledIndex !== this.#settledIndex
    this.#settledIndex = settledIndex
    this.#isNamed = isNamed
    return isNews
  }

  get standing(): Standing {
    return this.#standing
  }

  /** '' where it is not known yet. */
  get clusterId(): string {
    return this.#clusterId
  }

  /** The founders that it has not spoken to; nobody where it founds nothing. */
  get waitsFor(): readonly ServerId[] {
    if (this.#standing !== 'founding') return []
    return [...this.#founders.keys()].filter((id) => id !== this.#serverId && !this.#heard.has(id))
  }

  /**
   * Why a server that says who it is cannot be spoken to; null where nothing speaks against it.
   * `wanted`: the incarnation of ours that it came for; null where we came to it. `isExpected`: our
   * configuration says which data directory it has, and it has that.
   */
  objection(peer: TcpIdentity, wanted: number | null, isExpected: boolean): Objection | null {
    if (this.#standing === 'founding') return this.#objectionOfFounder(peer, wanted)
    if (peer.standing !== 'founding' || isExpected) return null
    const { serverId: id } = peer
    if (this.#standing === 'joining') {
      return ['NOT_FOUNDED', `${id} is still to found the cluster that ${this.#serverId} joins`]
    }
    const ours = `${this.#serverId} belongs to cluster ${this.#clusterId}`
    return [
      'OTHER_CLUSTER',
      `${ours}, and ${id} is to found one; to become a member it has to join`,
    ]
  }

  /**
   * A server has said who it is, and nothing spoke against it. Returns what is to be recorded,
   * where this decides to which cluster we belong.
   */
  identified(peer: TcpIdentity): ClusterRecord | null {
    if (this.#standing === 'joining' && peer.standing === 'member' && peer.clusterId !== '') {
      return { clusterId: peer.clusterId, founders: null }
    }
    if (this.#standing !== 'founding') return null
    this.#heard.set(peer.serverId, peer)
    return this.founded()
  }

  /** What the founders make together; null as long as one is missing, or contradicts. */
  founded(): ClusterRecord | null {
    if (this.#standing !== 'founding' || this.waitsFor.length > 0) return null
    const founders = this.#allFounders()
    const clusterId = this.#clusterId || idOf(founders)
    return this.#contradicting(clusterId) === null ? { clusterId, founders } : null
  }

  /** What was recorded holds from now on. */
  settle({ clusterId }: ClusterRecord): void {
    this.#clusterId = clusterId
    this.#standing = 'member'
  }

  /** What it waits for, in one line; null where it waits for nothing. */
  get waiting(): string | null {
    if (this.#standing === 'member') return null
    if (this.#standing === 'founding') return this.#waitingToFound()
    return `server ${this.#serverId} waits to be added to a cluster`
  }

  #waitingToFound(): string {
    const { waitsFor } = this
    const names = [...this.#founders.keys()].join(', ')
    const what = `server ${this.#serverId} is to found a cluster of ${names}`
    if (this.isLoneFounder) return `${what} alone, and listens whether it belongs to one already`
    if (waitsFor.length > 0) return `${what}, and waits for ${waitsFor.join(', ')}`
    const other = this.#contradicting(this.#clusterId || idOf(this.#allFounders()))
    return `${what}, and ${other?.serverId} belongs to cluster ${other?.clusterId}`
  }

  #objectionOfFounder(peer: TcpIdentity, wanted: number | null): Objection | null {
    const { serverId: id, standing } = peer
    const names = [...this.#founders.keys()].join(', ')
    const us = `${this.#serverId} is to found a cluster of ${names}`
    if (standing === 'joining') return ['NOT_FOUNDED', `${us}, and ${id} is to join one`]
    if (!this.#founders.has(id)) {
      return ['NOT_FOUNDED', `${us}; ${id} is not among them`]
    }
    // A member that founded its cluster with us knows our incarnation.
    if (standing === 'founding' || wanted === null || wanted === this.#incarnation) return null
    const theirs = `${id} belongs to cluster ${peer.clusterId}`
    return ['OTHER_CLUSTER', `${us}, and ${theirs}; to become a member of that it has to join`]
  }

  #allFounders(): Founder[] {
    return [...this.#founders].map(([id, address]) => {
      const incarnation = this.#heard.get(id)?.incarnation ?? this.#incarnation
      return { id, address, incarnation }
    })
  }

  #contradicting(clusterId: string): TcpIdentity | null {
    const heard = [...this.#heard.values()]
    return heard.find((peer) => peer.clusterId !== '' && peer.clusterId !== clusterId) ?? null
  }
}

/** The same for all founders, and another whenever one of them has another data directory. */
function idOf(founders: readonly Founder[]): string {
  const named = founders.map(({ id, incarnation }) => [id, incarnation] as const)
  const sorted = [...named].sort(([a], [b]) => (a < b ? -1 : 1))
  const digest = createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
  return digest.slice(0, clusterIdLength)
}
