/**
 * Random walks of a whole cluster: three to five cores whose messages are delivered in any order,
 * repeatedly or never, whose disks are slow, and which crash and lose what was not durable. Figure
 * 3.2's five properties are checked after every step. (The simulator does this at length, with the
 * driver and the storage in it; here it is small enough to be shrunk to a few steps.)
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import type { Bench } from './harness.ts'

type Step =
  | { readonly kind: 'deliver' | 'lose' | 'repeat'; readonly which: number }
  | { readonly kind: 'wake' | 'propose' | 'save'; readonly who: number }
  | { readonly kind: 'crash'; readonly who: number; readonly durable: number }

const which = fc.nat({ max: 10_000 })
const server = fc.nat({ max: 59 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('repeat' as const), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wake' as const), who: server }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('propose' as const), who: server }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('save' as const), who: server }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      who: server,
      durable: fc.nat({ max: 3 }),
    }),
  },
)

/** Proposals go to a leader where there is one; most alarms, too, or there would be no peace. */
function who(cluster: Cluster, step: Exclude<Step, { which: number }>): Bench {
  const server = cluster.servers[step.who % cluster.servers.length] as Bench
  const prefersLeader = step.kind === 'propose' || (step.kind === 'wake' && step.who >= 10)
  const leaders = cluster.servers.filter(({ state }) => state.role.kind === 'leader')
  return prefersLeader ? (leaders[step.who % leaders.length] ?? server) : server
}

function take(cluster: Cluster, step: Step): void {
  if ('which' in step) {
    if (cluster.network.length === 0) return
    // Mostly in order: the oldest third of what is on its way.
    const at = step.which % Math.ceil(cluster.network.length / 3)
    const message = cluster.network[at]
    if (step.kind !== 'repeat') cluster.network.splice(at, 1)
    if (step.kind !== 'lose' && message !== undefined) cluster.deliver(message)
    return
  }
  const { id } = who(cluster, step)
  if (step.kind === 'crash') cluster.crash(id, step.durable).restart(id)
  else if (step.kind === 'wake') cluster.at(id, (server) => server.wake())
  else if (step.kind === 'propose') cluster.at(id, (server) => server.propose('x'))
  else cluster.at(id, (server) => server.save(1))
}

function walk(size: number, steps: readonly Step[]): Cluster {
  const cluster = new Cluster(
    Array.from({ length: size }, () => []),
    {
      savesAtOnce: false,
      seed: 'walk',
      options: { inflightMessagesMax: 3, appendEntriesBytesMax: 80 },
    },
  )
  for (const step of steps) take(cluster, step)
  return cluster
}

test("Figure 3.2's properties hold after every step", () => {
  const seen = { elections: 0, committed: 0, deposed: 0 }
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 5 }),
      fc.array(step, { minLength: 300, maxLength: 800 }),
      (size, steps) => {
        const { properties } = walk(size, steps)
        seen.elections += properties.elections
        seen.committed += properties.commitIndex
        if (properties.elections > 1) seen.deposed += 1
      },
    ),
    { numRuns: 500 },
  )
  // The walks got somewhere: there are elections, commits and changes of leader in them.
  expect(seen.elections).toBeGreaterThan(500)
  expect(seen.committed).toBeGreaterThan(1000)
  expect(seen.deposed).toBeGreaterThan(100)
})
