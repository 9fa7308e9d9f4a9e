/** raftclient's command line (C1). */
import { parseArgs } from 'node:util'
import {
  datagramBytesLeast,
  datagramBytesMost,
  defaultDatagramBytesMax,
  parseAddress,
  type ServerAddress,
  ServerListError,
} from '../../course/index.ts'
import { UsageError } from '../program.ts'

export interface Settings {
  readonly server: ServerAddress
  readonly datagramBytesMax: number
}

export const usage = 'raftclient <host:port> [--datagram-bytes N]'

export const help: string = `${usage}

Sends each line of its input to a server of the course project's Raft cluster, as one command:
letters, digits, - and _. It ends at the line "exit", or at the end of its input.

  --datagram-bytes N  as the servers have it (1372; 512 to 65507)
  --help              this
`

/** The settings, or null where help is asked for. Throws {@link UsageError}. */
export function parseArguments(args: readonly string[]): Settings | null {
  const { values, positionals } = parse(args)
  if (values.help === true) return null
  const [name, ...rest] = positionals
  if (name === undefined) throw new UsageError('the server is missing')
  if (rest.length > 0) throw new UsageError(`there is an argument too many: ${rest[0]}`)
  return {
    server: address(name),
    datagramBytesMax: datagramBytes(values['datagram-bytes']),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'datagram-bytes': { type: 'string' }, help: { type: 'boolean' } },
    })
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. .*$/s, ''))
  }
}

function address(name: string): ServerAddress {
  try {
    return parseAddress(name.trim())
  } catch (error) {
    if (error instanceof ServerListError) throw new UsageError(error.message)
    throw error
  }
}

function datagramBytes(text: string | undefined): number {
  if (text === undefined) return defaultDatagramBytesMax
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value >= datagramBytesLeast && value <= datagramBytesMost) return value
  const bounds = `from ${datagramBytesLeast} to ${datagramBytesMost}`
  throw new UsageError(`--datagram-bytes must be a whole number ${bounds}; it is ${text}`)
}
