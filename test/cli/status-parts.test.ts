/** What `kontiki status` makes of the answers of servers, without servers. */
import { describe, expect, test } from 'vitest'
import { findingsOf } from '../../src/cli/explain/command.ts'
import { encodeValue, jsonValue, onOneLine } from '../../src/cli/kv/encoding.ts'
import { askAll, clustersIn, type StatusClient, viewOf } from '../../src/cli/status/cluster-view.ts'
import {
  clustersLines,
  durationOf,
  leaderLine,
  statusLines,
} from '../../src/cli/status/status-text.ts'
import { duration, durationText } from '../../src/cli/store/duration.ts'
import { noPaint } from '../../src/cli/table.ts'
import type { ServerReport, ServerStatus } from '../../src/library/index.ts'
import { leads, says, silent, status } from './statuses.ts'

function lines(...reports: readonly ServerReport[]): string[] {
  return statusLines(viewOf(reports), noPaint)
}

describe('servers of two clusters in one list', () => {
  const of = (clusterId: string): ServerStatus['cluster'] => ({
    ...{ clusterId, incarnation: 'a1', standing: 'member', waiting: null, refusals: [] },
  })
  const reports = [
    says(leads('b', { term: 4, cluster: of('one') })),
    says(status('c', { term: 4, leaderId: 'b', cluster: of('one') })),
    says(leads('e', { term: 9, voters: ['e'], peers: [], cluster: of('two') })),
  ]
  const line = 'these servers belong to 2 clusters: one: b, c; two: e'

  test('are told apart, and not compared', () => {
    const clusters = clustersIn(reports)
    const told = clustersLines(clusters, noPaint)
    expect(told[0]).toBe(`! ${line}`)
    expect(told).toContain('b leads in term 4, with 2 of 3 voters')
    expect(told).toContain('e leads in term 9, with 1 of 1 voters')
    expect(told.join()).not.toContain('is no more')
    const [first, ...rest] = findingsOf(clusters, viewOf(reports))
    expect(first).toEqual({ server: null, weight: 'fault', text: line })
    expect(rest.map(({ text }) => text).join()).not.toMatch(/term 9.*term 4|has not heard that e/)
    expect(clustersIn(reports.slice(0, 2))).toEqual([])
  })
})

describe('who leads', () => {
  test('is who says so itself, with those who follow it', () => {
    const told = lines(says(leads('a')), says(status('b', { lastApplied: 7 })), says(status('c')))
    expect(told).toEqual([
      'server  address  state     term  leader  commitIndex  lastApplied  lag  sessions  uptime',
      'a       h:1      leader       5  a                10           10    0         1   1d 1h',
      'b       h:2      follower     5  a                10            7    3         1   1d 1h',
      'c       h:3      follower     5  a                10           10    0         1   1d 1h',
      '',
      'a leads in term 5, with 3 of 3 voters',
    ])
  })

  test('is not who is said to lead by others, and does not answer', () => {
    const view = viewOf([silent('a', 'TIMEOUT'), says(status('b')), says(status('c'))])
    expect(view.leader).toBe(null)
    const told = statusLines(view, noPaint)
    expect(told[1]).toMatch(/^a +h:1 +silent$/)
    expect(told.slice(5)).toEqual([
      'no leader: nobody says that it leads in term 5; 2 of 3 voters answer',
      'a: because of a',
      'b: last heard a lead, in term 5',
      'c: last heard a lead, in term 5',
    ])
  })

  test('is not a leader of an earlier term, which does not know it yet', () => {
    const late = leads('a', { term: 4, commitIndex: 12 })
    const view = viewOf([says(late), says(leads('b')), says(status('c', { leaderId: 'b' }))])
    expect(view.leader?.id).toBe('b')
    expect(leaderLine(view)).toBe('b leads in term 5, with 2 of 3 voters')
    const told = statusLines(view, noPaint)
    expect(told[1]).toMatch(/^a +h:1 +was leader +4 /)
    expect(told.at(-1)).toBe('a: was leader of term 4, and is no more')
  })

  test('is not followed by who heard it in another term', () => {
    const told = lines(says(leads('a')), says(status('b', { term: 4 })), says(status('c')))
    expect(told).toContain('a leads in term 5, with 2 of 3 voters')
  })

  test('is nobody, where nobody of the highest term leads', () => {
    const candidate = status('b', { role: 'candidate', term: 6, leaderId: null })
    expect(viewOf([says(leads('a')), says(candidate)]).leader).toBe(null)
    expect(leaderLine(viewOf([]))).toBe('no leader: no server answers')
  })

  test('and whoever does not vote is told apart', () => {
    const members = { voters: ['a', 'b'], learners: ['c'] }
    const told = lines(says(leads('a', members)), says(status('c', members)))
    expect(told[2]).toMatch(/^c +h:3 +learner /)
    expect(told[4]).toBe('a leads in term 5, with 1 of 2 voters')
  })

  test('and a server at the address of another is remarked', () => {
    const told = lines(says(leads('a')), says(status('c'), 'h:2'))
    expect(told.at(-1)).toBe("h:2: is b's address, and c answers there")
  })
})

test('those that the answers tell of are asked as well, once', async () => {
  const asked: (readonly string[])[] = []
  const open = (servers: readonly string[]): StatusClient => {
    asked.push(servers)
    const reports = servers.map((server) => {
      const id = server === 'h:2' ? 'b' : server.slice(0, 1)
      return { ...says(status(id)), id: server === 'h:2' ? null : id }
    })
    return { status: async () => reports, close: async () => {} }
  }
  const reports = await askAll(open, ['h:2'], 1000)
  expect(asked).toEqual([['h:2'], ['a=h:1', 'c=h:3']])
  expect(reports.map(({ status: of }) => of?.id)).toEqual(['b', 'a', 'c'])
})

test('a server that is known by its name is not asked at another address as well', async () => {
  const asked: (readonly string[])[] = []
  const open = (servers: readonly string[]): StatusClient => {
    asked.push(servers)
    const here = { ...says(status('b'), 'elsewhere:9'), id: 'b' }
    return { status: async () => (asked.length === 1 ? [here] : []), close: async () => {} }
  }
  await askAll(open, ['b=elsewhere:9'], 1000)
  expect(asked).toEqual([['b=elsewhere:9'], ['a=h:1', 'c=h:3']])
})

test('durations are read and written in units', () => {
  const read = duration(100, 120_000)
  expect(['5', '2.5s', '250ms', '2m'].map(read)).toEqual([5000, 2500, 250, 120_000])
  for (const wrong of ['', 's', '-1', '1h', '99ms', '121s', '1e3', '0x10']) {
    expect(() => read(wrong)).toThrow('It must be a time such as 5s or 250ms, from 100ms to 2m.')
  }
  expect([1, 1500, 2000, 180_000].map(durationText)).toEqual(['1ms', '1500ms', '2s', '3m'])
  const shown = [999, 61_000, 3_600_000, 3_605_000, 90_061_000].map(durationOf)
  expect(shown).toEqual(['0s', '1m 1s', '1h', '1h', '1d 1h'])
})

test('values are shown in one line, or as they are', () => {
  const text = Buffer.from('a\tb\\c\n\u0001\u00fc\u007f')
  expect(onOneLine(text, 'text')).toBe('a\\tb\\\\c\\n\\x01\u00fc\\x7f')
  expect(onOneLine(Uint8Array.of(0xc3, 0x41, 0xff), 'text')).toBe('\\xc3A\\xff')
  expect(onOneLine(Uint8Array.of(0, 255), 'hex')).toBe('00ff')
  expect(jsonValue(Uint8Array.of(255), 'text')).toEqual({ value: '/w==', encoding: 'base64' })
  expect(jsonValue(Uint8Array.of(65), 'hex')).toEqual({ value: '41', encoding: 'hex' })
  expect(encodeValue(text, 'text')).toBe(text)
})
