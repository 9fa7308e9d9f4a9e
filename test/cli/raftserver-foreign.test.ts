/** In one cluster with another implementation, over real sockets (Listing 1, C6 to C8). */
import { expect, test } from 'vitest'
import { type Cluster, hosts, withCluster } from '../harness/cluster.ts'
import { CourseDouble, type DoubleOptions } from '../harness/course-double.ts'
import { waitFor } from '../harness/waiting.ts'

const patient: DoubleOptions = { electionTimeoutMs: [60_000, 90_000], heartbeatMs: 50 }

async function withDouble(
  cluster: Cluster,
  i: number,
  options: DoubleOptions,
  body: (double: CourseDouble) => Promise<void>,
): Promise<void> {
  const double = new CourseDouble(cluster.id(i), cluster.ids, options)
  await double.start()
  try {
    await body(double)
  } finally {
    await double.close()
  }
}

/** Waits until the double has written what our servers have. */
async function agrees(cluster: Cluster, double: CourseDouble): Promise<void> {
  const [i] = cluster.running as [number]
  await waitFor('the double has written the same', () => {
    const text = double.lines.map((line) => `${line}\n`).join('')
    return text === cluster.logFile(i) && text !== ''
  })
}

test('it follows one of ours: its bare Success commits, and the log files agree', async () => {
  await withCluster({ hosts: hosts(3) }, async (cluster) => {
    await cluster.start(0, 1)
    const leader = await cluster.leader()
    await withDouble(cluster, 2, patient, async (double) => {
      await cluster.client(leader, Array.from({ length: 300 }, (_, n) => `early-${n}\n`).join(''))
      await cluster.commit('all-there')
      await agrees(cluster, double)
      expect(double.leaderId).toBe(cluster.id(leader))
      // From here on nothing is committed without it.
      await cluster.kill(1 - leader)
      await cluster.client(leader, Array.from({ length: 300 }, (_, n) => `late-${n}\n`).join(''))
      await cluster.commit('alone-with-it', leader)
      await agrees(cluster, double)
      expect(double.lines.length).toBeGreaterThan(300)
      // A command that reaches it is passed on to ours.
      await waitFor(
        'it passes a command on',
        async () => {
          cluster.send(2, 'through-the-other')
          return double.lines.some((line) => line.endsWith(',through-the-other'))
        },
        undefined,
        500,
      )
      await agrees(cluster, double)
      expect(double.undecodable).toBe(0)
    })
  })
})

test('it leads: ours follow, pass commands on and write what it commits', async () => {
  const eager: DoubleOptions = { electionTimeoutMs: [50, 100], heartbeatMs: 50 }
  const args = ['--election-timeout-ms', '1000-1500']
  await withCluster({ hosts: hosts(3), args }, async (cluster) => {
    await cluster.start(0, 1)
    await withDouble(cluster, 2, eager, async (double) => {
      await waitFor('it leads', () => double.state === 'Leader')
      await cluster.commit('first')
      expect((await cluster.print(0)).get('leaderId')).toBe(cluster.id(2))
      await cluster.client(0, Array.from({ length: 300 }, (_, n) => `command-${n}\n`).join(''))
      await cluster.commit('second', 1)
      await agrees(cluster, double)
      expect(cluster.logFile(1)).toBe(cluster.logFile(0))
      // Its socket's buffer is small, and it may be held up: then it loses some.
      expect(cluster.commands(0).length).toBeGreaterThan(100)
      await cluster.kill(0)
      await cluster.start(0)
      expect(double.undecodable).toBe(0)
    })
    // What ours have from it outlives it: one of them leads on.
    await cluster.leader()
    await cluster.commit('after-it', 1)
    await cluster.agreement((commands) => commands.includes('second'))
  })
})
