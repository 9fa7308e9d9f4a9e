/**
 * A port that could not be had, said in words.
 */
import { formatAddress } from './address.ts'
import { systemCode, TransportError } from './errors.ts'

/** `id` is the server that wanted `port` of `address`. */
export function bindError(error: Error, id: string, port: number, address: string): TransportError {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new TransportError(
        'ADDRESS_IN_USE',
        `${id}: port ${port} of ${address} is in use; is this server running already?`,
      )
    case 'EADDRNOTAVAIL':
      return new TransportError(
        'ADDRESS_NOT_AVAILABLE',
        `${id}: this machine does not have the address ${address}`,
      )
    default:
      return new TransportError(
        'BIND_FAILED',
        `${id}: cannot bind ${formatAddress(address, port)} (${systemCode(error)})`,
      )
  }
}
