/** What other folders may see of the transport. */
export type { ServerAddress } from './address-book.ts'
export type { ControlFrame, Life, RefusalCode, Standing, TcpIdentity } from './control-frame.ts'
export { decodeControlFrame, noLife } from './control-frame.ts'
export type { ConnectionErrorCode, TransportErrorCode } from './errors.ts'
export { ConnectionError, TransportError } from './errors.ts'
export type { NodeClockOptions } from './node-clock.ts'
export { defaultNodeClockOptions, NodeClock } from './node-clock.ts'
export { TcpDialer } from './tcp-dialer.ts'
export type { LinkState } from './tcp-link.ts'
export type { TakeIn, TcpListenerCounters } from './tcp-listener.ts'
export { TcpListener } from './tcp-listener.ts'
export type {
  ConnectionLimits,
  Given,
  TcpDialerOptions,
  TcpListenerOptions,
  TcpTransportOptions,
} from './tcp-options.ts'
export {
  defaultTcpDialerOptions,
  defaultTcpListenerOptions,
  defaultTcpTransportOptions,
} from './tcp-options.ts'
export type {
  TcpPeer,
  TcpPeerStatus,
  TcpRefusal,
  TcpTransportCounters,
  TcpTransportEvents,
} from './tcp-report.ts'
export { TcpTransport } from './tcp-transport.ts'
export type { UdpStatus } from './udp.ts'
export { UdpTransport } from './udp.ts'
export type { UdpCounters } from './udp-counters.ts'
export type { UdpOptions } from './udp-options.ts'
export { defaultUdpOptions, udpPayloadBytesMax } from './udp-options.ts'
