/** Address books of made-up machines: what names stand for, and which addresses are one's own. */
import { expect } from 'vitest'
import { AddressBook } from '../../src/transport/address-book.ts'
import { TransportError } from '../../src/transport/index.ts'
import { server } from './udp-cluster.ts'

/** Names and addresses as a made-up name server and machine know them. */
export interface World {
  /** The addresses of names; others do not resolve. */
  readonly names?: Record<string, readonly string[]>
  readonly machine?: readonly string[]
}

/** The book of the first of these `[host, port]`. */
function book(
  hosts: readonly [string, number][],
  { names = {}, machine = [] }: World,
): AddressBook {
  const servers = hosts.map(([host, port]) => server(host, port))
  return new AddressBook((servers[0] as { id: string }).id, servers, {
    lookup: async (host) => {
      const found = names[host]
      if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      return found
    },
    machineAddresses: () => machine,
  })
}

export async function resolved(
  hosts: readonly [string, number][],
  world: World = {},
  wanted: string | null = null,
): Promise<AddressBook> {
  const made = book(hosts, world)
  await made.resolve(wanted)
  return made
}

export async function refusal(
  hosts: readonly [string, number][],
  world: World = {},
): Promise<string> {
  const error: unknown = await resolved(hosts, world).catch((caught: unknown) => caught)
  if (!(error instanceof TransportError)) throw new Error(`not refused: ${String(error)}`)
  expect(error.message).not.toContain('\n')
  return `${error.code}: ${error.message}`
}
