/** What a server says of itself, where that follows from more than one thing. */
import { expect, test } from 'vitest'
import { ReplicaWorld } from './replicas.ts'

test('a disk that is full and saves nothing for want of room is full, not silent', () => {
  const world = new ReplicaWorld()
  const { replica } = world.elect()
  const { state } = replica
  expect(replica.status().disk).toBe('well')
  state.outbox.lastSaveId += 1
  state.outbox.diskHeardAt = Number.NEGATIVE_INFINITY
  expect(replica.status().disk).toBe('silent')
  state.diskIsFull = true
  expect(replica.status().disk).toBe('full')
})
