/**
 * What an answer proves is said by what was sent (C7, C8): an answer that claims more is not
 * believed, one that says less of itself is still worth what it answers.
 */
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  type AppendEntriesRequest,
  type Effects,
  LegacyCredit,
  type Message,
  Raft,
  requestVoteResponse,
  saved,
} from '../../src/raft/index.ts'

const me = '1'
const term = 1

/** Server 1 of three, elected, its no-op saved and on its way to the others. */
function elected(): { raft: Raft; sent: AppendEntriesRequest[] } {
  const recovered = { currentTerm: 0, votedFor: null, entries: [] }
  const voters = [me, '2', '3']
  const options = { verify: true }
  const raft = new Raft({ id: me, voters, options, random: new Random(1), now: 0, recovered })
  raft.step({ kind: 'tick' }, raft.nextDeadline)
  take(raft)
  const asked = { from: me, to: '2', requestId: 1 }
  receive(raft, requestVoteResponse(asked, term, true))
  return { raft, sent: requests(take(raft)) }
}

function take(raft: Raft): Effects {
  const effects = raft.takeEffects()
  if (effects.save !== null) raft.step(saved(effects.save), raft.state.now)
  return effects
}

function receive(raft: Raft, message: Message): void {
  raft.step({ kind: 'receive', message }, raft.state.now)
}

function requests({ send }: Effects): AppendEntriesRequest[] {
  return send.filter((message) => message.kind === 'appendEntriesRequest')
}

function answer(requestId: number, fields: { success: boolean; matchIndex?: number }): Message {
  const { success, matchIndex = 0 } = fields
  const places = { matchIndex, hintIndex: 0, hintTerm: 0, diskIsFull: false }
  return { kind: 'appendEntriesResponse', from: '2', to: me, term, success, requestId, ...places }
}

test('an answer that claims more than its request sent is not believed', () => {
  const { raft, sent } = elected()
  const toTwo = sent.find(({ to }) => to === '2') as AppendEntriesRequest
  const command = new Uint8Array([120])
  raft.step({ kind: 'propose', proposalId: 1, entryKind: 'command', command }, raft.state.now)
  take(raft)
  receive(raft, answer(toTwo.requestId, { success: true, matchIndex: 2 }))
  expect(raft.state.commitIndex).toBe(0)
  expect(take(raft).notices).toMatchObject([{ kind: 'contradiction', from: '2' }])
})

test('an answer that echoes the request id and nothing else is credited for its request', () => {
  const { raft, sent } = elected()
  const toTwo = sent.find(({ to }) => to === '2') as AppendEntriesRequest
  receive(raft, answer(toTwo.requestId, { success: true }))
  expect(raft.state.commitIndex).toBe(1)
})

test('a bare refusal that leaves nothing to try waits for the next heartbeat', () => {
  const { raft } = elected()
  receive(raft, answer(0, { success: false }))
  let asked = 0
  for (let i = 0; i < 50; i++) {
    receive(raft, answer(0, { success: false }))
    asked += requests(take(raft)).filter(({ to }) => to === '2').length
  }
  expect(asked).toBeLessThan(5)
})

test('more bare successes than datagrams are no credit for later ones', () => {
  const credit = new LegacyCredit()
  credit.sent(1)
  for (let i = 0; i < 3; i++) expect(credit.succeeded()).toBe(1)
  credit.sent(100)
  credit.sent(5)
  expect(credit.succeeded()).toBe(5)
  expect(credit.succeeded()).toBe(100)
})
