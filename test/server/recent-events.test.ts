/** What a server remembers of what happened on it: the latest, and repetitions once. */
import { expect, test } from 'vitest'
import type { Notice } from '../../src/raft/index.ts'
import { RecentEvents, recentEventsMax } from '../../src/server/recent-events.ts'

function refusal(candidate: string, term: number): Notice {
  return { kind: 'voteRefused', candidate, term, isPreVote: true, why: 'it hears a leader' }
}

const text = (candidate: string, term: number): string =>
  `refuses ${candidate} a pre-vote for term ${term}: it hears a leader`

test('events are told in their order, with their age', () => {
  const events = new RecentEvents()
  events.add(refusal('b', 1), 1000)
  events.add(refusal('c', 1), 1400.4)
  expect(events.list(2000)).toEqual([
    { agoMs: 1000, kind: 'voteRefused', text: text('b', 1), count: 1 },
    { agoMs: 600, kind: 'voteRefused', text: text('c', 1), count: 1 },
  ])
})

test('what happens again is counted, and is the latest', () => {
  const events = new RecentEvents()
  for (const at of [1, 2, 3]) events.add(refusal('b', 1), at)
  events.add(refusal('c', 1), 4)
  events.add(refusal('b', 1), 5)
  expect(events.list(10).map((event) => [event.text, event.count, event.agoMs])).toEqual([
    [text('c', 1), 1, 6],
    [text('b', 1), 4, 5],
  ])
})

test('the oldest go', () => {
  const events = new RecentEvents()
  for (let term = 1; term <= recentEventsMax + 3; term++) events.add(refusal('b', term), term)
  const told = events.list(100).map((event) => event.text)
  expect(told).toHaveLength(recentEventsMax)
  expect([told[0], told.at(-1)]).toEqual([text('b', 4), text('b', recentEventsMax + 3)])
})
