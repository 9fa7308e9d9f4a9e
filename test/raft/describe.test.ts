/** One line of text for each message, entry and notice; traces and scenarios are made of them. */
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../src/base/bytes.ts'
import {
  describeEntry,
  describeMessage,
  describeNotice,
  entry,
  type Message,
  type Notice,
} from '../../src/raft/index.ts'
import { accepted, appendEntries, bare, refused, requestVote, vote } from './messages.ts'

describe('entries', () => {
  test('by index, term and text; by length where the command is no text', () => {
    expect(describeEntry(entry(3, 2, 'command', utf8Encode('x ö')))).toBe('3@2 "x ö"')
    expect(describeEntry(entry(1, 1, 'noop', new Uint8Array(0)))).toBe('1@1 noop')
    expect(describeEntry(entry(4, 2, 'command', new Uint8Array([0xff, 0])))).toBe('4@2 (2 bytes)')
  })
})

describe('messages', () => {
  const request = appendEntries('s2', { term: 2, prev: [1, 1], entries: [2, 2], leaderCommit: 1 })
  const lines: [Message, string][] = [
    [requestVote('s2', { term: 3, last: [4, 2] }), 'RequestVoteRequest term=3 last=4@2'],
    [vote('s2', { term: 3 }), 'RequestVoteResponse term=3 granted'],
    [vote('s2', { term: 3, voteGranted: false }), 'RequestVoteResponse term=3 refused'],
    [request, 'AppendEntriesRequest term=2 prev=1@1 entries=[2@2 "2@2", 3@2 "3@2"] leaderCommit=1'],
    [accepted(request), 'AppendEntriesResponse term=2 success matchIndex=3'],
    [refused(request, [1, 1]), 'AppendEntriesResponse term=2 failure hint=1@1'],
    [bare(accepted(request)), 'AppendEntriesResponse term=2 success'],
    [bare(refused(request, [1, 1])), 'AppendEntriesResponse term=2 failure'],
  ]
  for (const [message, line] of lines) {
    test(line, () => expect(describeMessage(message)).toBe(line))
  }
})

describe('notices', () => {
  const lines: [Notice, string][] = [
    [
      { kind: 'roleChanged', role: 'follower', term: 2, leaderId: 's2', why: 's2 leads' },
      'becomes follower of s2 in term 2: s2 leads',
    ],
    [
      { kind: 'roleChanged', role: 'follower', term: 2, leaderId: null, why: 'resumed' },
      'becomes follower of nobody yet in term 2: resumed',
    ],
    [
      { kind: 'roleChanged', role: 'leader', term: 2, leaderId: 's1', why: 'votes of s1, s2' },
      'becomes leader in term 2: votes of s1, s2',
    ],
    [{ kind: 'contradiction', from: 's3', what: 'lies' }, 's3 contradicts Raft: it lies'],
    [
      { kind: 'forgetfulPeer', peer: 's3', matchIndex: 7 },
      's3 has lost entries that it acknowledged through 7',
    ],
  ]
  for (const [notice, line] of lines) {
    test(line, () => expect(describeNotice(notice)).toBe(line))
  }
})
