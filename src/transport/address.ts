/**
 * IP addresses as text: one spelling for each, so that the source of a datagram can be looked up
 * among addresses that came from a file or from DNS.
 */
import { isIP, isIPv4, SocketAddress } from 'node:net'

const mappedPrefix = '::ffff:'

/**
 * What identifies the machine: an IPv4 address inside IPv6 is that IPv4 address, and the zone of a
 * link-local address says only by which interface it is reached here. `address` is canonical, or
 * spelled by the operating system.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  const inner = plain.startsWith(mappedPrefix) ? plain.slice(mappedPrefix.length) : plain
  return isIPv4(inner) ? inner : plain
}

/** The one spelling of an address, its zone kept: it takes the zone to reach a link-local one. */
export function canonicalAddress(address: string): string {
  if (isIPv4(address)) return address
  const zone = address.indexOf('%')
  const plain = plainAddress(new SocketAddress({ address, family: 'ipv6' }).address)
  return zone === -1 ? plain : plain + address.slice(zone)
}

/** True of an address, as against a name that has to be resolved. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}

/** True of an address of this machine for itself: 127.0.0.0/8 and ::1. `address` is canonical. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** True of the addresses that mean "any", to which nothing can be sent. `address` is canonical. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

/** As a socket of both families takes an IPv4 address. */
export function mappedAddress(address: string): string {
  return isIPv4(address) ? `${mappedPrefix}${address}` : address
}

/** `address:port` for people; an IPv6 address in brackets. */
export function formatAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What {@link formatAddress} was given; null where the text is no address with a port. */
export function parseSource(text: string): { address: string; port: number } | null {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const address = found?.[1] ?? found?.[2] ?? ''
  const port = Number(found?.[3] ?? 0)
  return isAddress(address) && port > 0 && port < 65_536 ? { address, port } : null
}
