/** What servers may be called, and where they may be: a wrong one is the caller's mistake. */
import { isName } from './control-frame.ts'
import { TransportError } from './errors.ts'
import { isAddress } from './tcp-options.ts'
import type { TcpPeer } from './tcp-report.ts'

/** Throws {@link TransportError}. */
export function requireName(name: string): void {
  if (isName(name)) return
  throw new TransportError('INVALID_OPTION', `a name may have 255 bytes: ${name.slice(0, 40)}…`)
}

/** Throws {@link TransportError}. */
export function requirePeer({ id, address }: TcpPeer): void {
  requireName(id)
  requireName(address)
  if (address === '' || isAddress(address)) return
  throw new TransportError('INVALID_OPTION', `${id}: '${address}' is not an address: host:port`)
}
