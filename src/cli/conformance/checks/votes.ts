/** How a server votes, and how it counts votes. */
import { sleep } from '../../processes/waiting.ts'
import type { Line } from '../peer.ts'
import type { Stage } from '../stage.ts'
import { type Check, check } from './check.ts'

const empty = [0, 0] as const

/** The server runs, has no leader, and has said in which term it is: a later one. */
async function laterTerm(stage: Stage): Promise<number> {
  const { term } = await stage.candidacy()
  return term + 10
}

/** Nobody is led by the server in this term. */
async function leadsNot(stage: Stage, term: number, why: string): Promise<void> {
  const append = await stage.first.take(
    'appendEntriesRequest',
    stage.quietMs,
    (one) => one.term === term,
  )
  stage.must(append === null, `leads term ${term} with ${why}`)
}

/** A candidate's log against the server's, which ends with an entry of `log`. */
function upToDate(
  name: string,
  log: readonly Line[],
  last: readonly [number, number],
  isGranted: boolean,
): Check {
  return check('R4', name, async (stage: Stage) => {
    const term = 10
    await stage.follow(stage.first, term, log)
    // Once it hears no leader any more it stands itself: then nobody can say it was too early.
    const { term: own } = await stage.candidacy(term)
    const { voteGranted } = await stage.voteOf(stage.second, own + 10, last)
    const [index, lastTerm] = last
    const mine = `${log.length} entries, the last of term ${log.at(-1)?.[0] ?? 0}`
    const what = `a candidate whose log ends with ${index} of term ${lastTerm}; it has ${mine}`
    stage.must(voteGranted === isGranted, `${voteGranted ? 'votes for' : 'refuses'} ${what}`)
  })
}

export const voteChecks: readonly Check[] = [
  check('R5', 'one vote a term, whoever else asks', async (stage: Stage) => {
    const term = await laterTerm(stage)
    const one = await stage.voteOf(stage.first, term, empty)
    stage.must(one.voteGranted, 'refuses the first candidate of a later term', 'R4')
    const other = await stage.voteOf(stage.second, term, empty)
    stage.must(!other.voteGranted, `votes for two candidates in term ${term}`)
  }),

  check('R5', 'the same candidate is told so again', async (stage: Stage) => {
    const term = await laterTerm(stage)
    const one = await stage.voteOf(stage.first, term, empty)
    stage.must(one.voteGranted, 'refuses the first candidate of a later term', 'R4')
    const again = await stage.voteOf(stage.first, term, empty)
    stage.must(again.voteGranted, 'refuses the candidate that it has voted for in this term')
  }),

  check('R5', 'a candidate has voted for itself', async (stage: Stage) => {
    const { term } = await stage.candidacy()
    const response = await stage.second.requestVote(term, empty, stage.quietMs)
    stage.may(response === null || response.term === term, 'it has stood again')
    stage.must(response?.voteGranted !== true, `stands in term ${term} and votes for another in it`)
  }),

  check('R5', 'whoever gives way to a leader keeps its vote', async (stage: Stage) => {
    const { term } = await stage.candidacy()
    const response = await stage.answerTo(stage.first, term, [], 0)
    stage.may(response.success, 'it has stood again')
    const { voteGranted } = await stage.voteOf(stage.second, term, empty)
    stage.must(!voteGranted, `had voted for itself in term ${term}, and votes again in it`)
  }),

  check(
    'R9',
    'a candidate of an earlier term is refused, with the present one',
    async (stage: Stage) => {
      const term = await laterTerm(stage)
      await stage.voteOf(stage.first, term, empty)
      stage.second.forget()
      const response = await stage.second.requestVote(term - 5, empty, 1000)
      stage.must(response !== null, 'does not answer a RequestVote of an earlier term')
      stage.must(!response.voteGranted, 'votes in an earlier term')
      stage.must(response.term >= term, `answers with term ${response.term} after it knew ${term}`)
    },
  ),

  upToDate(
    'a shorter log is refused',
    [
      [1, 'a'],
      [1, 'b'],
    ],
    [1, 1],
    false,
  ),
  upToDate(
    'an earlier last term is refused, however long the log',
    [
      [1, 'a'],
      [5, 'b'],
    ],
    [9, 4],
    false,
  ),
  upToDate(
    'a later last term wins, however short the log',
    [
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ],
    [1, 2],
    true,
  ),
  upToDate(
    'an equal log is enough',
    [
      [1, 'a'],
      [1, 'b'],
    ],
    [2, 1],
    true,
  ),

  check(
    'R12',
    'a vote that comes three times is one vote',
    async (stage: Stage) => {
      const request = await stage.candidacy()
      for (let i = 0; i < 3; i++) stage.first.vote(request, true)
      await leadsNot(stage, request.term, 'two of five votes, one of them repeated')
    },
    5,
  ),

  check('R12', 'a vote of an earlier term does not count', async (stage: Stage) => {
    const early = await stage.candidacy()
    const late = await stage.candidacy(early.term)
    stage.first.vote(early, true)
    stage.second.vote(early, true)
    await leadsNot(stage, late.term, `votes that were given in term ${early.term}`)
  }),

  check('R12', 'a refusal is no vote', async (stage: Stage) => {
    const request = await stage.candidacy()
    for (const peer of stage.peers) peer.vote(request, false)
    await leadsNot(stage, request.term, 'no vote but its own')
  }),

  check(
    'R12',
    'half of four servers are no majority',
    async (stage: Stage) => {
      const request = await stage.candidacy()
      stage.first.vote(request, true)
      await leadsNot(stage, request.term, 'two of four votes')
    },
    4,
  ),

  check('R12', 'with a majority it leads, and says so', async (stage: Stage) => {
    await stage.elect([stage.second])
  }),

  check('R12', 'nobody answers: it stands again in a later term', async (stage: Stage) => {
    const { term } = await stage.candidacy()
    const next = await stage.candidacy(term)
    stage.must(next.term > term, `stands for term ${term} again`)
  }),

  check('R10', 'who hears a leader does not stand for election', async (stage: Stage) => {
    const log: Line[] = [[10, 'a']]
    await stage.follow(stage.first, 10, log)
    await stage.hold(stage.first, 10, log, 2 * stage.quietMs)
    await sleep(0)
    const asked = stage.second.messages.some(
      (one) => one.kind === 'requestVoteRequest' && one.term > 10,
    )
    stage.must(!asked, 'asks for votes though it hears heartbeats of a leader every 25 ms')
  }),
]
