/** Clusters of counters in simulated time. */
import { expect } from 'vitest'
import {
  type ClusterSettings,
  openCluster,
  type SimulatedCluster,
} from '../../src/library/testing.ts'
import { Counter, type CounterCommand } from './machines.ts'

export type Settings = ClusterSettings<CounterCommand, { what: 'value' }, number, number>
type CounterCluster = SimulatedCluster<CounterCommand, { what: 'value' }, number, number>

export const opened: { close(): Promise<void> }[] = []

export function open(count: number, settings: Partial<Settings> = {}): CounterCluster {
  const cluster = openCluster(count, { stateMachine: () => new Counter(), ...settings })
  opened.push(cluster)
  return cluster
}

export async function closeClusters(): Promise<void> {
  for (const cluster of opened.splice(0)) await cluster.close()
}

export async function failureOf<E extends Error>(
  operation: Promise<unknown>,
  kind: abstract new (...given: never[]) => E,
): Promise<E> {
  const error: unknown = await operation.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(kind)
  return error as E
}
