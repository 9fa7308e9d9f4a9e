/** What tests of the administration need: clusters with room for more servers, and operators. */
import { afterEach, expect } from 'vitest'
import { type Admin, KontikiError, openAdmin } from '../../src/library/index.ts'
import { Cluster, type CounterServer } from './servers.ts'

let cluster: Cluster | null = null
const admins: Admin[] = []

afterEach(async () => {
  await Promise.all(admins.splice(0).map((admin) => admin.close()))
  await cluster?.end()
  cluster = null
})

/** Elections that do not keep the tests waiting. */
export const brisk = {
  electionTimeoutMinMs: 200,
  electionTimeoutMaxMs: 400,
  heartbeatIntervalMs: 40,
}

/** The first `members` of so many servers run and form a cluster; the others only have places. */
export async function start(members: number, places: number): Promise<Cluster> {
  cluster = await Cluster.start(places, { raft: brisk }, members)
  return cluster
}

export function adminOf(of: Cluster): Admin {
  const admin = openAdmin({ servers: of.addresses })
  admins.push(admin)
  return admin
}

export function join(to: Cluster, id: string): Promise<CounterServer> {
  const servers = { [id]: to.addresses[id] as string }
  return to.open(id, { servers, join: true, raft: brisk })
}

export async function failureOf(operation: Promise<unknown>): Promise<KontikiError> {
  const error = await operation.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(KontikiError)
  return error as KontikiError
}

/** `a voter`, `d learner`. */
export function parts({ members }: Awaited<ReturnType<Admin['members']>>): string[] {
  return members.map(({ id, part }) => `${id} ${part}`).sort()
}
