/**
 * The file of all servers, one `host:port` a line, and a server's place in it. A name is what the
 * file says, to the letter; which hosts are the same machine is the transport's to find out.
 */
import type { ServerId } from '../raft/index.ts'

/** A server's name, taken apart. */
export interface ServerAddress {
  /** The name itself, `host:port`. */
  readonly id: ServerId
  /** Without the brackets that an IPv6 address has in a name. */
  readonly host: string
  readonly port: number
}

/** A line of the file. */
export interface ServerLine extends ServerAddress {
  /** From 1. */
  readonly line: number
}

/** More are not expected to agree on anything in time: a leader would mostly send heartbeats. */
export const serversMax = 100

/** DNS knows no longer names. */
const hostCharactersMax = 253

/** A name or a list that cannot be used; the message says where and why. */
export class ServerListError extends Error {
  readonly code = 'INVALID_SERVER_LIST'
  override readonly name = 'ServerListError'
}

/** Takes `host:port` apart; throws {@link ServerListError}, whose message begins with the name. */
export function parseAddress(text: string): ServerAddress {
  const problem = problemWith(text)
  if (problem !== null)
    throw new ServerListError(`${text === '' ? 'an empty name' : text}: ${problem}`)
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, colon)
  const isBracketed = host.startsWith('[')
  return {
    id: text,
    host: isBracketed ? host.slice(1, -1) : host,
    port: Number(text.slice(colon + 1)),
  }
}

function problemWith(text: string): string | null {
  const colon = text.lastIndexOf(':')
  if (colon === -1) return 'a server is named host:port'
  const host = text.slice(0, colon)
  if (host === '') return 'there is no host before the port'
  if (/^\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]$/.test(host)) return portProblem(text.slice(colon + 1))
  if (host.includes(':')) return 'an IPv6 address is written in brackets, as in [::1]:2000'
  if (!/^[\w.-]+$/.test(host))
    return 'a host has letters, digits, dots, dashes and underscores only'
  if (host.length > hostCharactersMax) return `a host has at most ${hostCharactersMax} characters`
  return portProblem(text.slice(colon + 1))
}

function portProblem(port: string): string | null {
  const isPort = /^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535
  return isPort ? null : 'a port is a number from 1 to 65535'
}

/** The servers that `text` lists; `file` is for messages. Throws {@link ServerListError}. */
export function parseServerList(text: string, file: string): readonly ServerLine[] {
  const servers: ServerLine[] = []
  const lineOf = new Map<ServerId, number>()
  const withoutMark = text.startsWith('\uFEFF') ? text.slice(1) : text
  for (const [i, raw] of withoutMark.split('\n').entries()) {
    const name = raw.trim()
    if (name === '') continue
    const line = i + 1
    const address = parseLine(name, file, line)
    const before = lineOf.get(name)
    if (before !== undefined) {
      throw new ServerListError(`${file}:${line}: ${name} is already listed in line ${before}`)
    }
    lineOf.set(name, line)
    servers.push({ ...address, line })
    if (servers.length > serversMax) {
      throw new ServerListError(`${file}:${line}: there are more than ${serversMax} servers`)
    }
  }
  if (servers.length === 0) throw new ServerListError(`${file} lists no server`)
  return servers
}

function parseLine(name: string, file: string, line: number): ServerAddress {
  try {
    return parseAddress(name)
  } catch (error) {
    if (!(error instanceof ServerListError)) throw error
    throw new ServerListError(`${file}:${line}: ${error.message}`)
  }
}

/** The line that names this server; throws {@link ServerListError} where none does (C3). */
export function findServer(
  servers: readonly ServerLine[],
  identity: ServerAddress,
  file: string,
): ServerLine {
  const found = servers.find((server) => server.id === identity.id)
  if (found !== undefined) return found
  const near = nearest(servers, identity)
  const hint = near === null ? '' : `; did you mean ${near.id}, in line ${near.line}?`
  throw new ServerListError(`${identity.id} is not one of the servers in ${file}${hint}`)
}

/** What was probably meant: the same host and port in other words, or else one or the other. */
function nearest(servers: readonly ServerLine[], { host, port }: ServerAddress): ServerLine | null {
  const samePort = servers.filter((server) => server.port === port)
  const sameHost = servers.filter((server) => plainHost(server.host) === plainHost(host))
  return samePort.find((server) => sameHost.includes(server)) ?? samePort[0] ?? sameHost[0] ?? null
}

/** The usual ways to say "this machine", as one. */
function plainHost(host: string): string {
  const plain = host.toLowerCase()
  return plain === '127.0.0.1' || plain === '::1' ? 'localhost' : plain
}

/**
 * `host-port` with this ending: the log file and the data directory. What an IPv6 address has and a
 * file name should not (colons, a zone's percent sign) becomes an underscore: `__1-2000.log`.
 */
export function fileNameFor(server: ServerAddress, ending: string): string {
  return `${server.host.replace(/[:%]/g, '_')}-${server.port}.${ending}`
}
