/**
 * §6.4, the no-op with which a leader begins its term (R14). (Reading without the log is in
 * 6-4-reads.test.ts.)
 */
import { expect, test } from 'vitest'
import { Bench } from '../raft/harness.ts'
import { accepted } from '../raft/messages.ts'

test('a new leader appends an entry of its term that holds no command', () => {
  const bench = new Bench({ log: [1, 1] }).lead()
  const noop = bench.state.log.entryAt(3)
  expect(noop).toMatchObject({ index: 3, term: 2, kind: 'noop' })
  expect(noop.command).toHaveLength(0)
})

test('and sends it at once: its first heartbeat carries it', () => {
  const bench = new Bench({ log: [1, 1] }).timeOut()
  bench.sent = []
  bench.lead(2)
  const requests = bench.takeSent('appendEntriesRequest')
  expect(requests.map(({ entries }) => entries.map(({ kind }) => kind))).toEqual([
    ['noop'],
    ['noop'],
  ])
})

test('when it is committed, so is everything before it: the leader knows what is committed', () => {
  const bench = new Bench({ log: [1, 1] }).lead()
  expect(bench.state.commitIndex).toBe(0)
  const [request] = bench.takeSent('appendEntriesRequest')
  if (request !== undefined) bench.receive(accepted(request))
  expect(bench.state.commitIndex).toBe(3)
})

test('each election has its own', () => {
  const bench = new Bench().lead().elapse(300).lead()
  expect(bench.logTerms).toEqual([1, 2])
})

test('a cluster of one commits it as soon as its disk has it', () => {
  const bench = new Bench({ voters: 1, savesAtOnce: false }).timeOut()
  bench.save(1)
  expect(bench.state.role.kind).toBe('leader')
  expect(bench.state.commitIndex).toBe(0)
  bench.save(1)
  expect(bench.state.commitIndex).toBe(1)
})
