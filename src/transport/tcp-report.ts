/**
 * Whom a TcpTransport knows, and what it tells of them: events, counters and status.
 */
import type { Hello, RefusalCode, TcpIdentity } from './control-frame.ts'
import type { LinkState } from './tcp-link.ts'

/** Another server. */
export interface TcpPeer {
  readonly id: string
  /** `host:port`; '' where it is not known, and then it is taken from the peer's own hello. */
  readonly address: string
  /** The one that it must have; 0: any. */
  readonly incarnation: number
}

/** A connection that was not let in, by us or by the peer. */
export interface TcpRefusal {
  readonly by: 'us' | 'peer'
  /** The peer's name as it says, or as we know it. */
  readonly peer: string
  readonly remote: string
  readonly code: string
  readonly text: string
  /**
   * The cluster of a member that came for our name with another data directory than ours: there,
   * that is what we are known by. Null where it did not.
   */
  readonly formerCluster: string | null
}

/** What is told of a hello that was not let in. */
export function refusalByUs(
  { from, to, toIncarnation }: Hello,
  us: TcpIdentity,
  remote: string,
  [code, text]: readonly [RefusalCode, string],
): TcpRefusal {
  const isForAnother = toIncarnation !== 0 && toIncarnation !== us.incarnation
  const isOurs = from.standing === 'member' && to === us.serverId && isForAnother
  const formerCluster = isOurs ? from.clusterId : null
  return { by: 'us', peer: from.serverId, remote, code, text, formerCluster }
}

/** Told of what an operator, or whoever keeps the identities, wants to know. */
export interface TcpTransportEvents {
  /** Of a peer the same refusal is not told again until something else has happened. */
  refused(refusal: TcpRefusal): void
  /**
   * A peer has said who it is, and was let in by us, or has let us in; and where it can be reached,
   * where it says so.
   */
  identified(peer: TcpIdentity, address: string, by: 'us' | 'peer'): void
  /**
   * Asked before that: what else speaks against it, beside what identities say; null: nothing.
   * `wanted`: which incarnation of us it came for, 0 where it knows none; null where we came to it.
   */
  objection(peer: TcpIdentity, wanted: number | null): readonly [RefusalCode, string] | null
}

/** Nobody listens, and nothing speaks against anybody. */
export const silent: TcpTransportEvents = {
  refused: () => undefined,
  identified: () => undefined,
  objection: () => null,
}

/** What has happened since the start. Only grows. */
export interface TcpTransportCounters {
  sent: number
  sentBytes: number
  /** Not sent: no such peer, no connection to it, or too much waiting for it. */
  sendDroppedUnknownServer: number
  sendDroppedNotConnected: number
  sendDroppedQueueFull: number
  received: number
  receivedBytes: number
  /** Connections that we made and that were welcomed; that ended or failed; that were refused. */
  connected: number
  disconnected: number
  refused: number
}

export interface TcpPeerStatus extends TcpPeer {
  readonly normal: LinkState
  readonly bulk: LinkState
  readonly sendBufferBytes: number
  /** Connections from the peer to us. */
  readonly incoming: number
  readonly lastError: string | null
}

export function newTcpTransportCounters(): TcpTransportCounters {
  return {
    sent: 0,
    sentBytes: 0,
    sendDroppedUnknownServer: 0,
    sendDroppedNotConnected: 0,
    sendDroppedQueueFull: 0,
    received: 0,
    receivedBytes: 0,
    connected: 0,
    disconnected: 0,
    refused: 0,
  }
}
