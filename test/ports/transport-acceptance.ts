/**
 * What every Transport must do, whatever moves the bytes. It may lose them: so what must arrive is
 * sent until it does, and only what arrives is judged.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Source, Transport } from '../../src/ports/transport.ts'
import { until } from './until.ts'

export interface Arrival {
  readonly source: Source
  readonly bytes: Uint8Array
}

/** Some servers that can reach each other. */
export interface TransportCluster {
  readonly ids: readonly string[]
  transport(id: string): Transport
  /** What has arrived at a server so far, oldest first. */
  arrived(id: string): readonly Arrival[]
  /** The server goes away. */
  stop(id: string): Promise<void>
  /** All go away. */
  close(): Promise<void>
}

/**
 * The suite. `startCluster` starts so many servers; `bytesMax` is the most that one send carries.
 */
export function transportAcceptance(
  name: string,
  bytesMax: number,
  startCluster: (count: number) => Promise<TransportCluster>,
): void {
  describe(`${name} is a Transport`, () => {
    let cluster: TransportCluster

    beforeEach(async () => {
      cluster = await startCluster(3)
    })

    afterEach(async () => {
      await cluster.close()
    })

    /** Sends until the same bytes have arrived. */
    async function deliver(from: string, to: string, bytes: Uint8Array): Promise<Arrival> {
      const found = (): Arrival | undefined =>
        cluster.arrived(to).find((arrival) => sameBytes(arrival.bytes, bytes))
      await until(`${bytes.length} bytes from ${from} at ${to}`, () => {
        if (found() !== undefined) return true
        cluster.transport(from).send(to, bytes)
        return false
      })
      return found() as Arrival
    }

    test('it moves bytes between any two, and says whose they are', async () => {
      for (const [i, from] of cluster.ids.entries()) {
        for (const [j, to] of cluster.ids.entries()) {
          if (from === to) continue
          const { source } = await deliver(from, to, Uint8Array.of(i, j))
          expect(source).toEqual({ kind: 'server', id: from })
        }
      }
    })

    test('they arrive at the one they were sent to, and nowhere else', async () => {
      const [a, b, c] = cluster.ids as [string, string, string]
      await deliver(a, b, Uint8Array.of(1))
      await deliver(a, c, Uint8Array.of(2))
      expect(cluster.arrived(b).every(({ bytes }) => sameBytes(bytes, Uint8Array.of(1)))).toBe(true)
      expect(cluster.arrived(c).every(({ bytes }) => sameBytes(bytes, Uint8Array.of(2)))).toBe(true)
      expect(cluster.arrived(a)).toEqual([])
    })

    test('they arrive as they were sent, whatever they are and however many', async () => {
      const [a, b] = cluster.ids as [string, string]
      for (const length of [1, 256, 1372, bytesMax]) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff)
        const arrival = await deliver(a, b, bytes)
        expect(sameBytes(arrival.bytes, bytes)).toBe(true)
      }
    })

    test('nothing arrives while it is being sent', async () => {
      const [a, b] = cluster.ids as [string, string]
      for (let i = 0; i < 10; i++) {
        const before = cluster.arrived(b).length
        cluster.transport(a).send(b, Uint8Array.of(i))
        expect(cluster.arrived(b).length).toBe(before)
      }
      await deliver(a, b, Uint8Array.of(99))
    })

    test('what is sent to nobody, or to somebody who has gone, is lost silently', async () => {
      const [a, b, c] = cluster.ids as [string, string, string]
      await cluster.stop(c)
      cluster.transport(a).send('nobody:1', Uint8Array.of(1))
      cluster.transport(a).send(c, Uint8Array.of(2))
      await deliver(a, b, Uint8Array.of(3))
      expect(cluster.arrived(c)).toEqual([])
    })

    test('a server that has gone sends nothing more', async () => {
      const [a, b, c] = cluster.ids as [string, string, string]
      await cluster.stop(a)
      cluster.transport(a).send(b, Uint8Array.of(1))
      await deliver(c, b, Uint8Array.of(2))
      expect(cluster.arrived(b).every(({ bytes }) => sameBytes(bytes, Uint8Array.of(2)))).toBe(true)
    })
  })
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
