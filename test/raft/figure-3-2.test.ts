/**
 * The checker of Figure 3.2's properties finds each of them broken: servers that break one are made
 * by hand, since ours do not.
 */
import { describe, expect, test } from 'vitest'
import { entry } from '../../src/raft/index.ts'
import { FigureProperties } from './figure-3-2.ts'
import { Bench } from './harness.ts'
import { appendEntries } from './messages.ts'

function check(...servers: Bench[]): () => void {
  const properties = new FigureProperties()
  return () => properties.check(servers)
}

describe('the checker of Figure 3.2', () => {
  test('accepts a cluster that is in order', () => {
    const leader = new Bench({ log: [1, 1] }).lead()
    expect(check(leader, new Bench({ id: 's2', log: [1] }))).not.toThrow()
  })

  test('sees two leaders in a term', () => {
    const two = check(new Bench().lead(), new Bench({ id: 's2' }).lead())
    expect(two).toThrow('Election Safety')
  })

  test('sees two leaders in a term that never led at the same time', () => {
    const properties = new FigureProperties()
    properties.check([new Bench().lead()])
    expect(() => properties.check([new Bench({ id: 's2' }).lead()])).toThrow('Election Safety')
  })

  test('sees a leader that changes its log', () => {
    const leader = new Bench({ log: [1, 1] }).lead()
    const again = check(leader)
    again()
    leader.state.log.truncateSuffix(3)
    leader.state.log.append(entry(3, 2, 'command', new Uint8Array(1)))
    expect(again).toThrow('Leader Append-Only')
  })

  test('sees logs that agree at a place and not before it', () => {
    const one = new Bench({ log: [1, 2, 3] })
    expect(check(one, new Bench({ id: 's2', log: [1, 1, 3] }))).toThrow('Log Matching')
  })

  test('sees a leader without a committed entry', () => {
    const follower = new Bench({ currentTerm: 1 })
    follower.receive(appendEntries('s2', { term: 1, entries: [1], leaderCommit: 1 }))
    const leader = new Bench({ id: 's3' }).lead(2)
    expect(check(follower, leader)).toThrow('Leader Completeness')
  })

  test('sees servers that take different entries for committed', () => {
    const one = new Bench().receive(appendEntries('s2', { term: 1, entries: [1], leaderCommit: 1 }))
    const other = new Bench({ id: 's3' })
    other.receive(appendEntries('s2', { to: 's3', term: 2, entries: [2], leaderCommit: 1 }))
    expect(check(one, other)).toThrow('takes another entry 1 for committed')
  })

  test('sees a state machine that is fed another entry, or out of order', () => {
    const one = new Bench().receive(appendEntries('s2', { term: 1, entries: [1], leaderCommit: 1 }))
    const other = new Bench({ id: 's3' })
    other.applied.push(entry(1, 1, 'command', new Uint8Array(9)))
    expect(check(one, other)).toThrow('State Machine Safety')
    const skipping = new Bench({ id: 's3' })
    skipping.applied.push(entry(2, 1, 'noop', new Uint8Array(0)))
    expect(check(one, skipping)).toThrow('applies in log order')
  })
})
