/**
 * A place for a server: an address that everybody knows, with a proxy at it, and whoever is behind
 * it. Where members come and go the address outlives them: the next server at it has another name.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerStatus } from '../../library/index.ts'
import { LinkProxy } from './link-proxy.ts'
import type { Network } from './network.ts'
import type { StoreProcess } from './store-process.ts'

/** The server at a place. */
export interface Occupant {
  readonly id: string
  readonly process: StoreProcess
  readonly dataDir: string
  /** What it last said of itself; null: nothing, when it was last asked. */
  status: ServerStatus | null
}

export class Place {
  /** Where everybody else finds it. */
  readonly address: string
  /** Where the server itself listens. */
  readonly ownAddress: string
  readonly proxy: LinkProxy
  readonly #port: number
  occupant: Occupant | null = null

  constructor(port: number, ownPort: number, network: Network) {
    this.#port = port
    this.address = `127.0.0.1:${port}`
    this.ownAddress = `127.0.0.1:${ownPort}`
    this.proxy = new LinkProxy('', ownPort, network)
  }

  listen(): Promise<void> {
    return this.proxy.listen(this.#port)
  }

  take(occupant: Occupant): void {
    this.occupant = occupant
    this.proxy.callee = occupant.id
  }

  leave(): void {
    this.occupant = null
    this.proxy.callee = ''
  }
}

/** Bytes of all files of a directory; those that vanish meanwhile count as none. */
export function directoryBytes(path: string): number {
  let sum = 0
  try {
    for (const name of readdirSync(path)) {
      sum += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0
    }
  } catch {
    // Not there yet.
  }
  return sum
}
