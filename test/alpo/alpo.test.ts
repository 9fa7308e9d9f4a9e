/** ALPO's page, sentence by sentence (A1-A7): one server, and what it says to what it is told. */
import { describe, expect, test } from 'vitest'
import { Alpo, type AlpoState, type Entry, entry, type Message } from '../../src/alpo/index.ts'
import { utf8Encode } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'

const command = utf8Encode('x')

function entries(...terms: number[]): Entry[] {
  return terms.map((term, i) => entry(i + 1, term, command))
}

function started(...terms: number[]): Alpo {
  return new Alpo({
    serverId: 's1',
    clusterMap: ['s1', 's2', 's3'],
    random: new Random(1),
    now: 0,
    accepted: entries(...terms),
  })
}

/** What it says to a message. */
function told(alpo: Alpo, message: Message): readonly Message[] {
  alpo.step({ kind: 'receive', message }, alpo.state.now)
  return alpo.takeEffects().send
}

const fromLeader = { from: 's2', to: 's1', senderIs: 'leader' } as const

function heartbeat(senderTerm: number, lastLogId = 0, lastTerm = 0): Message {
  return { kind: 'heartbeat', ...fromLeader, senderTerm, lastLogId, lastTerm }
}

function appendEntry(senderTerm: number, what: Entry, prevTerm: number): Message {
  return { kind: 'appendEntry', ...fromLeader, senderTerm, entry: what, prevTerm }
}

function requestVote(from: string, senderTerm: number, lastLogId: number, lastTerm: number) {
  const kind = 'requestVote' as const
  return { kind, from, to: 's1', senderIs: 'candidate' as const, senderTerm, lastLogId, lastTerm }
}

/** Stands for election. */
function candidate(...terms: number[]): Alpo {
  const alpo = started(...terms)
  alpo.step({ kind: 'tick' }, alpo.nextDeadline)
  return alpo
}

function granted(from: string, senderTerm: number): Message {
  return { kind: 'requestVoteAnswer', from, to: 's1', senderTerm, granted: true }
}

/** Elected by s2; what it says then is taken. */
function leader(...terms: number[]): Alpo {
  const alpo = candidate(...terms)
  told(alpo, granted('s2', alpo.state.currentTerm))
  return alpo
}

function termsOf({ log }: AlpoState): number[] {
  return log.from(1).map(({ term }) => term)
}

describe('a server that starts (A1, A2)', () => {
  test('is passive, in the term of its last entry, or 0', () => {
    expect(started().state).toMatchObject({ currentTerm: 0, vote: null })
    expect(started(1, 1, 4).state).toMatchObject({ currentTerm: 4, role: { kind: 'passive' } })
  })
})

describe('the senderTerm rules (A3)', () => {
  test('a smaller one is rejected, with currentTerm', () => {
    const alpo = started(1, 4)
    for (const request of [
      heartbeat(3),
      requestVote('s2', 3, 9, 9),
      appendEntry(3, entry(3, 3, command), 4),
    ]) {
      expect(told(alpo, request)).toEqual([
        { kind: 'rejection', from: 's1', to: 's2', senderTerm: 3, currentTerm: 4 },
      ])
    }
    expect(termsOf(alpo.state)).toEqual([1, 4])
  })

  test.each([candidate, leader])('a greater one makes %o passive, and is processed', (make) => {
    const alpo = make(1)
    const answer = told(alpo, heartbeat(7, 1, 1)).at(-1)
    expect(alpo.state).toMatchObject({ currentTerm: 7, role: { kind: 'passive' }, vote: null })
    expect(answer).toMatchObject({ kind: 'heartbeatAnswer', senderTerm: 7, lastLogId: 1 })
  })

  test('who is rejected adopts the term and passivates; a late rejection says nothing', () => {
    const alpo = leader(1)
    const rejection = { kind: 'rejection', from: 's3', to: 's1', senderTerm: 2 } as const
    told(alpo, { ...rejection, currentTerm: 2 })
    expect(alpo.state.role.kind).toBe('leader')
    told(alpo, { ...rejection, currentTerm: 5 })
    expect(alpo.state).toMatchObject({ currentTerm: 5, role: { kind: 'passive' } })
  })
})

describe('elections (A4, A5)', () => {
  test('who hears no leader increments its term, votes for itself and asks for votes', () => {
    const alpo = candidate(1, 3)
    expect(alpo.state).toMatchObject({ currentTerm: 4, vote: { serverId: 's1', logLength: 2 } })
    const { send, save } = alpo.takeEffects()
    expect(save).toBeNull()
    expect(send.map(({ to }) => to)).toEqual(['s2', 's3'])
    expect(send[0]).toMatchObject({ kind: 'requestVote', senderTerm: 4, lastLogId: 2, lastTerm: 3 })
  })

  test('a majority elects; votes of another term do not count, nor one vote twice', () => {
    const alpo = new Alpo({ ...setupOfFive(), accepted: [] })
    alpo.step({ kind: 'tick' }, alpo.nextDeadline)
    for (const vote of [granted('s2', 1), granted('s2', 1), granted('s3', 0)]) told(alpo, vote)
    expect(alpo.state.role.kind).toBe('candidate')
    const said = told(alpo, granted('s4', 1))
    expect(alpo.state.role.kind).toBe('leader')
    expect(said.map(({ kind }) => kind)).toEqual(Array(4).fill('heartbeat'))
  })

  test('one vote a term, which is given again to the same candidate', () => {
    const alpo = started()
    const ask = (from: string, term: number) => told(alpo, requestVote(from, term, 0, 0))[0]
    expect(ask('s2', 1)).toMatchObject({ granted: true })
    expect(ask('s3', 1)).toMatchObject({ granted: false })
    expect(ask('s2', 1)).toMatchObject({ granted: true })
    expect(ask('s3', 2)).toMatchObject({ granted: true })
  })

  test.each([
    [2, 2, true],
    [3, 3, true],
    [1, 2, false],
    [2, 1, false],
    // Either item: no order on logs, and what Raft changed (§3.6.1).
    [1, 9, false],
    [9, 1, false],
  ])('a log that ends at %i@%i, asked of one that ends at 2@2: %s', (id, term, expected) => {
    const [answer] = told(started(1, 2), requestVote('s2', 5, id, term))
    expect(answer).toMatchObject({ kind: 'requestVoteAnswer', granted: expected })
  })

  test('a candidate that hears the leader of its term has lost', () => {
    const alpo = candidate()
    told(alpo, heartbeat(1))
    expect(alpo.state.role.kind).toBe('passive')
  })

  test('a second leader of its term is noticed by a leader, and not answered', () => {
    const alpo = leader()
    alpo.takeEffects()
    alpo.step({ kind: 'receive', message: heartbeat(1) }, alpo.state.now)
    const { send, notices } = alpo.takeEffects()
    expect(send).toEqual([])
    expect(notices).toEqual([{ kind: 'secondLeader', from: 's2', term: 1 }])
  })
})

function setupOfFive() {
  const clusterMap = ['s1', 's2', 's3', 's4', 's5']
  return { serverId: 's1', clusterMap, random: new Random(1), now: 0 }
}

describe('appendEntry (A5, A7)', () => {
  test('an entry that follows is accepted, and answered with its save', () => {
    const alpo = started(1)
    const message = appendEntry(1, entry(2, 1, command), 1)
    alpo.step({ kind: 'receive', message }, 0)
    const { save, send } = alpo.takeEffects()
    expect(save).toEqual({ truncateFrom: null, entries: [entry(2, 1, command)] })
    expect(send).toMatchObject([{ kind: 'appendEntryAnswer', accepted: true, id: 2 }])
  })

  test('one behind a gap is not; nor one before which the log is not the leader’s', () => {
    const alpo = started(1, 1, 1)
    expect(told(alpo, appendEntry(2, entry(5, 2, command), 1))).toMatchObject([
      { accepted: false, lastLogId: 3, lastTerm: 1 },
    ])
    expect(told(alpo, appendEntry(3, entry(3, 3, command), 2))).toMatchObject([
      { accepted: false, lastLogId: 1, lastTerm: 1 },
    ])
  })

  test('what the leader has otherwise is replaced; what is there already stays', () => {
    const alpo = started(1, 2, 2)
    alpo.step({ kind: 'receive', message: appendEntry(3, entry(2, 2, command), 1) }, 0)
    expect(alpo.takeEffects().save).toBeNull()
    alpo.step({ kind: 'receive', message: appendEntry(3, entry(2, 3, command), 1) }, 0)
    expect(alpo.takeEffects().save).toEqual({ truncateFrom: 2, entries: [entry(2, 3, command)] })
    expect(termsOf(alpo.state)).toEqual([1, 3])
  })
})

describe('the leader (A5, A7)', () => {
  function heard(alpo: Alpo, from: string, lastLogId: number, lastTerm: number) {
    const { currentTerm: senderTerm } = alpo.state
    return told(alpo, { kind: 'heartbeatAnswer', from, to: 's1', senderTerm, lastLogId, lastTerm })
  }

  test('replays what is missing, an entry an answer', () => {
    const alpo = leader(1, 1, 2)
    expect(heard(alpo, 's2', 1, 1)).toMatchObject([
      { kind: 'appendEntry', to: 's2', entry: { id: 2, term: 1 }, prevTerm: 1 },
    ])
    const answer = { kind: 'appendEntryAnswer', from: 's2', to: 's1', senderTerm: 3 } as const
    const accepted = { ...answer, accepted: true, id: 2, lastLogId: 2, lastTerm: 1 }
    expect(told(alpo, accepted)).toMatchObject([{ entry: { id: 3, term: 2 }, prevTerm: 1 }])
    // An answer that comes twice brings nothing.
    expect(told(alpo, accepted)).toEqual([])
  })

  test('where the logs differ, goes back by what the other one has', () => {
    expect(heard(leader(1, 1, 2), 's2', 2, 9)).toMatchObject([{ entry: { id: 2 }, prevTerm: 1 }])
    expect(heard(leader(1, 1, 2), 's2', 7, 9)).toMatchObject([{ entry: { id: 3 }, prevTerm: 1 }])
  })

  test('commits what a majority has accepted, of whichever term', () => {
    const alpo = leader(1, 1)
    const { currentTerm: senderTerm } = alpo.state
    const answer = { kind: 'heartbeatAnswer', from: 's3', to: 's1', senderTerm } as const
    alpo.step(
      { kind: 'receive', message: { ...answer, lastLogId: 2, lastTerm: 1 } },
      alpo.state.now,
    )
    // This is what Raft does not do (§3.6.2).
    expect(alpo.takeEffects().apply.map(({ id }) => id)).toEqual([1, 2])
    expect(alpo.state.fullyReplicated).toBe(2)
  })

  test('does not count what was answered to an earlier term', () => {
    const alpo = leader(1, 1)
    const answer = { kind: 'heartbeatAnswer', from: 's3', to: 's1', senderTerm: 1 } as const
    told(alpo, { ...answer, lastLogId: 2, lastTerm: 1 })
    expect(alpo.state.fullyReplicated).toBe(0)
  })

  test('takes commands; others say that they do not lead', () => {
    const alpo = leader(1)
    alpo.step({ kind: 'propose', proposalId: 7, command }, alpo.state.now)
    const accepted = { kind: 'accepted', proposalId: 7, id: 2, term: 2 }
    expect(alpo.takeEffects()).toMatchObject({
      answers: [accepted],
      save: { truncateFrom: null, entries: [{ id: 2, term: 2 }] },
    })
    const other = started()
    other.step({ kind: 'propose', proposalId: 8, command }, 0)
    expect(other.takeEffects().answers).toEqual([{ kind: 'notLeader', proposalId: 8 }])
  })
})
