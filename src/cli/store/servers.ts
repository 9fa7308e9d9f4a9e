/**
 * The servers of a store as the command line names them: a list, `a=host:port,b=host:port`, or a
 * file with one of these a line. A server without a name is called by its address.
 */
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'
import { parseAddress, ServerListError } from '../../course/index.ts'
import { systemReason } from '../program.ts'

export interface StoreServer {
  readonly id: string
  /** `host:port`. */
  readonly address: string
}

/** More are not expected to agree on anything in time: a leader would mostly send heartbeats. */
export const serversMax = 100

/** Names that can stand in a list, a file name and a table. */
const namePattern = /^[A-Za-z0-9][\w.:[\]-]{0,99}$/

/**
 * The servers that `given` names. What contains a `/`, or neither `=` nor a `:` before a number, is
 * taken for a file. Throws {@link ServerListError} with the place and what is wrong.
 */
export function readServers(given: string): readonly StoreServer[] {
  return isList(given) ? parseServers(given.split(','), '--servers') : readFile(given)
}

function isList(given: string): boolean {
  return !given.includes('/') && /=|:\d+(,|$)/.test(given)
}

function readFile(file: string): readonly StoreServer[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const hint = 'give a file, or a list such as a=host:5001,b=host:5002,c=host:5003'
    throw new ServerListError(`cannot read ${file}: ${systemReason(error)}; ${hint}`)
  }
  const lines = text.replace(/^\uFEFF/, '').split('\n')
  return parseServers(lines, file, (i) => `${file}:${i + 1}`)
}

function parseServers(
  items: readonly string[],
  source: string,
  where: (i: number) => string = () => source,
): readonly StoreServer[] {
  const servers: StoreServer[] = []
  for (const [i, raw] of items.entries()) {
    const text = raw.replace(/#.*$/, '').trim()
    if (text === '') continue
    const server = parseServer(text, where(i))
    for (const other of servers) refuseTwice(server, other, where(i))
    servers.push(server)
    if (servers.length > serversMax) {
      throw new ServerListError(`${where(i)}: there are more than ${serversMax} servers`)
    }
  }
  if (servers.length === 0) throw new ServerListError(`${source} names no server`)
  return servers
}

function parseServer(text: string, where: string): StoreServer {
  const equals = text.indexOf('=')
  const address = text.slice(equals + 1).trim()
  const id = equals === -1 ? address : text.slice(0, equals).trim()
  try {
    parseAddress(address)
  } catch (error) {
    if (!(error instanceof ServerListError)) throw error
    throw new ServerListError(`${where}: ${error.message}`)
  }
  const complaint = nameComplaint(id)
  if (complaint !== null) throw new ServerListError(`${where}: ${complaint}`)
  return { id, address }
}

/** Null where it can be the name of a server. */
function nameComplaint(id: string): string | null {
  if (namePattern.test(id)) return null
  const rule = 'a name is letters, digits, dots, dashes and underscores, at most 100'
  return `${JSON.stringify(id)} is no name for a server; ${rule}`
}

/** For an option that names a server that is not in a list. */
export function serverName(text: string): string {
  const complaint = nameComplaint(text)
  if (complaint !== null) throw new InvalidArgumentError(`${complaint}.`)
  return text
}

function refuseTwice(server: StoreServer, other: StoreServer, where: string): void {
  if (server.id === other.id) throw new ServerListError(`${where}: ${server.id} is named twice`)
  if (server.address !== other.address) return
  throw new ServerListError(`${where}: ${server.id} and ${other.id} have the same address`)
}

/** The server of this name; throws {@link ServerListError} where there is none. */
export function findStoreServer(servers: readonly StoreServer[], id: string): StoreServer {
  const found = servers.find((server) => server.id === id)
  if (found !== undefined) return found
  const names = servers.map((server) => server.id).join(', ')
  throw new ServerListError(`${id} is not one of the servers: ${names}`)
}

/** `--servers`, alike in every command that has it. */
export function serversOption(): Option {
  return new Option(
    '--servers <list>',
    'all servers: a=host:port,b=host:port,... or a file with one of these a line',
  ).env('KONTIKI_SERVERS')
}

/** For a client, which need not know their names. */
export function addressList(given: string): string[] {
  return readServers(given).map(({ id, address }) => (id === address ? id : `${id}=${address}`))
}
