/** What users get wrong in state machines, and a single server never shows. */
import { afterEach, describe, expect, test } from 'vitest'
import { ClusterError } from '../../src/library/testing.ts'
import { closeClusters, failureOf, open } from './clusters.ts'
import { Counter, type CounterCommand, value } from './machines.ts'

afterEach(closeClusters)

describe('a state machine that is none', () => {
  async function problemOf(
    machine: () => Counter,
    snapshotEveryEntries: number = 4,
  ): Promise<string> {
    const cluster = open(3, { stateMachine: machine, seed: 'here', snapshotEveryEntries })
    const work = async (): Promise<void> => {
      for (let i = 0; i < 12; i++) await cluster.propose({ add: 1 })
      await cluster.settle()
    }
    const error = await failureOf(work(), ClusterError)
    expect(error).toMatchObject({ code: 'CLUSTER_FAILED', seed: 'here' })
    expect(error.message).toMatch(/\(seed here, at \d+\.\d ms\)$/)
    expect(await failureOf(cluster.query(value), ClusterError)).toBe(error)
    expect(await failureOf(cluster.run(1), ClusterError)).toBe(error)
    return error.message
  }

  test('its results differ', async () => {
    let made = 0
    const problem = await problemOf(() => {
      const own = ++made
      return new (class extends Counter {
        override apply(command: CounterCommand): number {
          return super.apply(command) + own / 1000
        }
      })()
    })
    expect(problem).toMatch(/not deterministic: s\d made of the command at index \d+ 1\.00\d/)
  })

  test.each([4, Number.POSITIVE_INFINITY])('its states differ (%s)', async (every) => {
    let made = 0
    const problem = await problemOf(() => {
      let spaces = made++ % 2
      return new (class extends Counter {
        override snapshot(): Iterable<Uint8Array> {
          const text = `[${this.value},${this.applied}${' '.repeat(spaces)}]`
          return [new TextEncoder().encode(text)]
        }
        override restore(chunks: Iterable<Uint8Array>): void {
          const [text] = [...chunks]
          super.restore([text as Uint8Array])
          spaces = (text as Uint8Array).includes(32) ? 1 : 0
        }
      })()
    }, every)
    expect(problem).toMatch(/not deterministic: s\d has for a snapshot after index \d+ \[/)
  })

  test('its snapshot leaves something out', async () => {
    const problem = await problemOf(
      () =>
        new (class extends Counter {
          override restore(chunks: Iterable<Uint8Array>): void {
            super.restore(chunks)
            this.applied = 0
          }
        })(),
    )
    expect(problem).toContain('does not come back from its snapshot')
    expect(problem).toMatch(
      /is \[\d+,\d+\], and a machine that was restored from it gives \[\d+,0\]/,
    )
  })

  test('its snapshot cannot be read back', async () => {
    const problem = await problemOf(
      () =>
        new (class extends Counter {
          override restore(): void {
            throw new Error('not today')
          }
        })(),
    )
    expect(problem).toMatch(/after index \d+ cannot be restored: not today/)
  })

  test('its snapshot shows what is applied after it was asked for', async () => {
    const problem = await problemOf(
      () =>
        new (class extends Counter {
          override *snapshot(): Iterable<Uint8Array> {
            yield new TextEncoder().encode(`[${this.value},`)
            yield new TextEncoder().encode(`${this.applied}]`)
          }
        })(),
    )
    expect(problem).toContain('a snapshot changed after it was asked for')
  })

  test('it throws', async () => {
    const cluster = open(3)
    const waiting = failureOf(cluster.run(60_000), ClusterError)
    const error = await failureOf(cluster.propose({ explode: true }), ClusterError)
    expect(await waiting).toBe(error)
    expect(cluster.nowMs).toBeLessThan(5000)
    expect(error.message).toMatch(/^s\d has stopped: .*at entry \d+ .*this machine explodes/)
    expect(error.cause).toBeInstanceOf(Error)
  })
})

/** It reads its snapshots late, as it may, and takes on another's in place of what they read. */
class Items extends Counter {
  #items: number[] = []

  override apply(command: CounterCommand): number {
    this.#items.push(this.#items.length)
    return super.apply(command)
  }

  override snapshot(): Iterable<Uint8Array> {
    const items = this.#items
    const { length } = items
    const head = [this.value, this.applied]
    return (function* () {
      yield new TextEncoder().encode(JSON.stringify([head, items.slice(0, length)]))
    })()
  }

  override restore(chunks: Iterable<Uint8Array>): void {
    const [[value, applied], items] = JSON.parse(Buffer.concat([...chunks]).toString()) as [
      [number, number],
      number[],
    ]
    this.value = value
    this.applied = applied
    this.#items.length = 0
    this.#items = items
  }
}

test('a machine may give up its snapshots when it takes on another', async () => {
  const lines: string[] = []
  const cluster = open(3, { stateMachine: () => new Items(), trace: (line) => lines.push(line) })
  for (let i = 0; i < 20; i++) await cluster.propose({ add: 1 })
  const away = cluster.serverIds.find((id) => id !== cluster.leader) as string
  cluster.partition([away], [...cluster.serverIds.filter((id) => id !== away), 'client'])
  for (let i = 0; i < 150; i++) await cluster.propose({ add: 1 })
  await cluster.settle()
  expect(lines.some((line) => line.includes(`${away} takes on a snapshot`))).toBe(true)
  expect(cluster.machine(away)).toMatchObject({ value: 170, applied: 170 })
})
