/**
 * Servers as people write them: `host:port`, or with a name `a=host:port`, in a list, one text with
 * commas, or an object of addresses by name. What is wrong is told by the option's name.
 */
import type { GivenServer } from '../client/index.ts'
import { OptionError } from '../raft/index.ts'

/** `'a=host:1,b=host:2'`, `['host:1', 'host:2']` or `{ a: 'host:1', b: 'host:2' }`. */
export type ServerList = string | readonly string[] | Readonly<Record<string, string>>

export interface Address {
  readonly host: string
  readonly port: number
}

/** Longer names do not fit into the messages between servers. */
const nameBytesMax = 255

/** `host:port` or `[address]:port` in its parts. */
export function parseAddress(option: string, address: unknown): Address {
  const match =
    typeof address === 'string'
      ? /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s,=]+)):(\d{1,5})$/.exec(address)
      : null
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new OptionError(
      option,
      `must have addresses like host:port; '${String(address)}' is none`,
    )
  }
  return { host: (match[1] ?? match[2]) as string, port }
}

/** The servers in the order in which they are given, each with its name where it has one. */
export function parseServers(option: string, list: unknown): GivenServer[] {
  const servers = serversIn(option, list)
  if (servers.length === 0) throw new OptionError(option, 'must name a server')
  const seen = new Set<string>()
  for (const { id, address } of servers) {
    parseAddress(option, address)
    for (const [what, value] of [
      ['name', id],
      ['address', address],
    ] as const) {
      if (value === null || value === undefined) continue
      if (seen.has(`${what} ${value}`))
        throw new OptionError(option, `has the ${what} ${value} twice`)
      seen.add(`${what} ${value}`)
    }
  }
  return servers
}

/** The same, and every server has a name. */
export function parseNamedServers(option: string, list: unknown): Map<string, string> {
  const named = new Map<string, string>()
  for (const { id, address } of parseServers(option, list)) {
    if (id === null || id === undefined) {
      throw new OptionError(option, `must name each server, as in a=${address}`)
    }
    named.set(id, address)
  }
  return named
}

function serversIn(option: string, list: unknown): GivenServer[] {
  if (typeof list === 'string') {
    return list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => serverIn(option, item))
  }
  if (Array.isArray(list)) return list.map((item) => serverIn(option, item))
  if (typeof list === 'object' && list !== null) {
    return Object.entries(list).map(([id, address]) => {
      return { id: checkName(option, id), address: address as string }
    })
  }
  throw new OptionError(
    option,
    `must be addresses: 'a=host:1,b=host:2', ['host:1'] or { a: 'host:1' }; it is ${String(list)}`,
  )
}

function serverIn(option: string, item: unknown): GivenServer {
  const text = String(item)
  const at = text.indexOf('=')
  if (at < 0) return { id: null, address: text }
  return { id: checkName(option, text.slice(0, at).trim()), address: text.slice(at + 1).trim() }
}

export function checkName(option: string, name: unknown): string {
  const isName =
    typeof name === 'string' &&
    /^[^\s,=]+$/.test(name) &&
    Buffer.byteLength(name, 'utf8') <= nameBytesMax
  if (isName) return name
  throw new OptionError(
    option,
    `must have names of 1 to ${nameBytesMax} bytes without spaces, commas and '='; ` +
      `'${String(name)}' is none`,
  )
}
