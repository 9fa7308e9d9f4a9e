/** What a server does as the leader. */
import type { AppendEntriesRequest } from '../../../raft/index.ts'
import { commandsIn, type Line, type Peer } from '../peer.ts'
import type { Stage } from '../stage.ts'
import { type Check, check } from './check.ts'

/**
 * Peers that answer every AppendEntries with success, as long as the leader has something on its
 * way to them that they have not answered; then it is quiet.
 */
async function satisfy(stage: Stage, peers: readonly Peer[], rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      const append = await stage.nextAppend(peer)
      stage.must(append !== null, 'leads, and sends a peer nothing', 'R15')
      peer.accept(append)
    }
  }
}

/** The next request with this command in it. */
async function carrying(stage: Stage, peer: Peer, command: string): Promise<AppendEntriesRequest> {
  const append = await stage.nextAppend(peer, (one) => commandsIn(one).includes(command))
  stage.must(append !== null, `leads, and sends nobody the command ${command}`, 'C12')
  return append
}

/** The server says, in a heartbeat or in its log file, that this entry is committed. */
async function commits(stage: Stage, command: string, index: number): Promise<boolean> {
  const told = stage.peers.map((peer) =>
    peer.take('appendEntriesRequest', stage.quietMs, (one) => one.leaderCommit >= index),
  )
  const logged = stage.logged(command, stage.quietMs)
  return (await Promise.all([logged, ...told])).some((one) => one !== null && one !== false)
}

function placeOf(append: AppendEntriesRequest, command: string): number {
  return append.prevLogIndex + 1 + commandsIn(append).indexOf(command)
}

/** Fills a datagram, so that the next entry is in another one: C9 has 1372 bytes by default. */
const long = 'x'.repeat(1300)

export const leadingChecks: readonly Check[] = [
  check(
    'C8',
    'an answer to a heartbeat is not one to the entries after it',
    async (stage: Stage) => {
      await stage.elect()
      await satisfy(stage, [stage.first], 5)
      // One heartbeat stays unanswered until a command is on its way.
      const beat = await stage.nextAppend(stage.first)
      stage.may(beat !== null, 'it leads no more')
      await stage.client('early')
      const append = await carrying(stage, stage.first, 'early')
      stage.first.accept(beat)
      const isCommitted = await commits(stage, 'early', placeOf(append, 'early'))
      stage.must(!isCommitted, 'commits an entry that nobody has acknowledged')
    },
  ),

  check('C8', 'answers to many heartbeats are not ones to entries', async (stage: Stage) => {
    await stage.elect()
    await satisfy(stage, stage.peers, 8)
    await stage.client('early')
    const append = await carrying(stage, stage.first, 'early')
    const isCommitted = await commits(stage, 'early', placeOf(append, 'early'))
    stage.must(!isCommitted, 'commits an entry that nobody has acknowledged')
  }),

  check('R13', 'what a majority has is committed', async (stage: Stage) => {
    await stage.elect()
    await stage.client('wanted')
    const deadline = performance.now() + stage.patienceMs
    let isLogged = false
    while (!isLogged && performance.now() < deadline) {
      const append = await stage.nextAppend(stage.first)
      if (append !== null) stage.first.accept(append)
      isLogged = await stage.logged('wanted', 0)
    }
    stage.must(isLogged, 'does not commit a command though a majority has it')
  }),

  check('R13', 'entries of an earlier term are not committed by counting', async (stage: Stage) => {
    // It has an entry of an earlier term that fills a datagram, and is elected.
    const log: Line[] = [[10, long]]
    await stage.follow(stage.first, 10, log)
    const first = await stage.elect()
    stage.may(first.term > 10, 'it has not waited for the end of our term')
    // We take the old entry, and nothing of the new term.
    const end = performance.now() + stage.quietMs
    let accepted = 0
    while (performance.now() < end) {
      const append = await stage.first.take('appendEntriesRequest', 50)
      if (append === null) continue
      const holds = append.prevLogIndex + append.entries.length
      const told = `commits entry 1 of term 10 in term ${append.term} by counting its copies`
      stage.must(append.leaderCommit === 0, told)
      if (holds > 1 || (accepted === 0 && append.prevLogIndex === 1)) stage.first.refuse(append)
      else if (holds === 1) {
        stage.first.accept(append)
        accepted += 1
      }
    }
    stage.may(accepted > 0, 'it sent the old entry with newer ones only')
    const isLogged = stage.server.logText().includes(long)
    stage.must(!isLogged, 'writes an entry of an earlier term, by counting its copies')
  }),

  check(
    'R13',
    'two of four are no majority',
    async (stage: Stage) => {
      await stage.elect()
      await satisfy(stage, stage.peers)
      await stage.client('half')
      const append = await carrying(stage, stage.first, 'half')
      // One peer answers all that it is sent from now on, the others nothing.
      stage.first.accept(append)
      const index = placeOf(append, 'half')
      const told = stage.peers
        .slice(1)
        .map((peer) =>
          peer.take('appendEntriesRequest', stage.quietMs, (one) => one.leaderCommit >= index),
        )
      const end = performance.now() + stage.quietMs
      while (performance.now() < end) {
        const next = await stage.first.take('appendEntriesRequest', 50)
        if (next !== null) stage.first.accept(next)
      }
      const isTold = (await Promise.all(told)).some((one) => one !== null)
      const isLogged = await stage.logged('half', 0)
      stage.must(!isTold && !isLogged, 'commits an entry that two of four servers have')
    },
    4,
  ),

  check('R13', 'a follower that lacks entries is taken back to them', async (stage: Stage) => {
    const log: Line[] = [
      [10, 'a'],
      [10, 'b'],
      [10, 'c'],
    ]
    await stage.follow(stage.first, 10, log)
    const { term } = await stage.elect()
    const deadline = performance.now() + stage.patienceMs
    for (;;) {
      const append = await stage.nextAppend(stage.first)
      stage.must(append !== null, 'leads, and asks a peer that refuses no more', 'R15')
      stage.may(append.term === term, 'it was elected anew')
      if (append.prevLogIndex === 0) break
      stage.first.refuse(append)
      const what = `is still at entry ${append.prevLogIndex} for a follower that has none`
      stage.must(performance.now() < deadline, what)
    }
  }),

  check('R15', 'who does not answer is asked again', async (stage: Stage) => {
    await stage.elect()
    for (let i = 0; i < 4; i++) {
      await satisfy(stage, [stage.second], 2)
      const append = await stage.nextAppend(stage.first)
      stage.must(append !== null, 'sends nothing more to a peer that does not answer')
    }
  }),

  check('R9', 'a leader that hears of a later term steps back', async (stage: Stage) => {
    const first = await stage.elect()
    stage.first.refuse(first, first.term + 5)
    const { term } = await stage.candidacy(first.term)
    stage.must(term > first.term + 5, `stands for term ${term} after it heard of ${first.term + 5}`)
  }),

  check('R9', 'a leader that hears a later one follows it', async (stage: Stage) => {
    const { term } = await stage.elect()
    const later = term + 5
    const response = await stage.answerTo(stage.second, later, [[later, 'a']], 0)
    stage.must(response.success, 'leads on though another leads a later term')
  }),
]
