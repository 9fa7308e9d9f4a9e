/** What a server does with a leader's AppendEntries. */
import type { Line } from '../peer.ts'
import type { Stage } from '../stage.ts'
import { type Check, check } from './check.ts'

const term = 10
const three: readonly Line[] = [
  [10, 'a'],
  [10, 'b'],
  [10, 'c'],
]

export const followingChecks: readonly Check[] = [
  check('R7', 'what does not follow on is refused', async (stage: Stage) => {
    const [one] = three as [Line]
    await stage.follow(stage.first, term, [one])
    const response = await stage.answerTo(stage.first, term, three, 2)
    stage.must(!response.success, 'takes entry 3 though it has no entry 2 (step 2)')
  }),

  check('R6', 'a heartbeat about entries that are not there is refused', async (stage: Stage) => {
    await stage.follow(stage.first, term, three.slice(0, 1))
    const response = await stage.answerTo(stage.first, term, three, 3)
    stage.must(!response.success, 'agrees to a heartbeat about entries that it does not have')
  }),

  check('R7', 'an entry of another term is no match', async (stage: Stage) => {
    const old: Line[] = [
      [9, 'a'],
      [9, 'b'],
    ]
    await stage.follow(stage.second, 9, old)
    const log: Line[] = [
      [9, 'a'],
      [10, 'x'],
    ]
    const response = await stage.answerTo(stage.first, term, log, 2)
    stage.must(!response.success, 'agrees to entry 2 of term 10; its entry 2 is of term 9 (step 2)')
  }),

  check('R6', 'a refused heartbeat commits nothing', async (stage: Stage) => {
    const old: Line[] = [[9, 'stale']]
    await stage.follow(stage.second, 9, old)
    const log: Line[] = [
      [10, 'new'],
      [10, 'newer'],
    ]
    await stage.answerTo(stage.first, term, log, 2, 2)
    const isLogged = await stage.logged('stale', stage.quietMs)
    stage.must(!isLogged, 'commits an entry because of a heartbeat that does not match its log')
  }),

  check('R7', 'a conflicting entry goes, with all that follow (step 3)', async (stage: Stage) => {
    const old: Line[] = [
      [9, 'a'],
      [9, 'b'],
      [9, 'c'],
    ]
    await stage.follow(stage.second, 9, old)
    const log: Line[] = [
      [9, 'a'],
      [10, 'x'],
    ]
    const taken = await stage.answerTo(stage.first, term, log, 1)
    stage.must(taken.success, 'refuses an entry that follows on')
    const tail = await stage.answerTo(stage.first, term, [...log, [9, 'c']], 3)
    stage.must(!tail.success, 'keeps an entry behind one that was replaced')
    const end = await stage.answerTo(stage.first, term, log, 2)
    stage.must(end.success, 'keeps an entry of an earlier term in the place of the leader’s')
  }),

  check('R8', 'a late, shorter request removes nothing', async (stage: Stage) => {
    await stage.follow(stage.first, term, three)
    await stage.answerTo(stage.first, term, three.slice(0, 1), 0)
    const response = await stage.answerTo(stage.first, term, three, 3)
    stage.must(response.success, 'has lost entries 2 and 3 to a late copy of entry 1')
  }),

  check('R8', 'a late heartbeat removes nothing', async (stage: Stage) => {
    await stage.follow(stage.first, term, three)
    await stage.answerTo(stage.first, term, three.slice(0, 1), 1)
    const response = await stage.answerTo(stage.first, term, three, 3)
    stage.must(response.success, 'has lost entries 2 and 3 to a late heartbeat about entry 1')
  }),

  check(
    'R7',
    'commitIndex ends with what the request has verified (step 5)',
    async (stage: Stage) => {
      const old: Line[] = [
        [9, 'shared'],
        [9, 'stale'],
      ]
      await stage.follow(stage.second, 9, old)
      const log: Line[] = [
        [9, 'shared'],
        [10, 'new'],
      ]
      await stage.answerTo(stage.first, term, log.slice(0, 1), 1, 2)
      const isLogged = await stage.logged('stale', stage.quietMs)
      stage.must(!isLogged, 'commits an entry that the leader does not have')
    },
  ),

  check(
    'C14',
    'what is committed is in the log file, once, and no-ops are not',
    async (stage: Stage) => {
      const log: Line[] = [
        [9, ''],
        [9, 'first'],
        [10, 'second'],
      ]
      await stage.follow(stage.first, term, log, 3)
      const isLogged = await stage.logged('second', stage.patienceMs)
      stage.must(isLogged, 'has not written a committed command into its log file')
      await stage.answerTo(stage.first, term, log, 3, 3)
      const lines = stage.server.logLines()
      const wanted = ['9,2,first', '10,3,second']
      const isRight = JSON.stringify(lines) === JSON.stringify(wanted)
      stage.must(
        isRight,
        `has the lines ${lines.join(' ')} where ${wanted.join(' ')} are committed`,
      )
    },
  ),

  check('C14', 'what is not committed is not in the log file', async (stage: Stage) => {
    await stage.follow(stage.first, term, three, 1)
    stage.must(await stage.logged('a', stage.patienceMs), 'has not written what is committed')
    const isLogged = await stage.logged('b', stage.quietMs)
    stage.must(!isLogged, 'writes an entry that is not committed')
  }),

  check('R9', 'a leader of an earlier term is refused', async (stage: Stage) => {
    await stage.follow(stage.first, term, three)
    stage.second.forget()
    const response = await stage.second.append(term - 1, [], 0, 0, 1000)
    stage.must(response !== null, 'does not answer a leader of an earlier term')
    stage.must(!response.success, 'agrees to a heartbeat of an earlier term')
    stage.must(response.term >= term, `answers with term ${response.term} after it knew ${term}`)
  }),

  check('R12', 'a candidate gives way to the leader of its term', async (stage: Stage) => {
    const { term: own } = await stage.candidacy()
    const response = await stage.answerTo(stage.first, own, [[own, 'a']], 0)
    stage.may(response.term === own, 'it has stood again')
    stage.must(response.success, 'refuses the leader that was elected in the term it stood in')
  }),

  check('C9', 'a datagram of 60 000 bytes is read', async (stage: Stage) => {
    const log: Line[] = Array.from({ length: 60 }, (_, i) => [10, `${i}-${'x'.repeat(990)}`])
    await stage.follow(stage.first, term, log.slice(0, 1))
    const response = await stage.first.append(term, log, 1, 0, 1000)
    const again = response ?? (await stage.first.append(term, log, 1, 0, 1000))
    stage.must(again !== null, 'does not answer a long datagram')
    stage.may(again.term === term, 'it has stood for election')
    stage.must(again.success, 'does not take what came in a long datagram')
    const end = await stage.answerTo(stage.first, term, log, log.length)
    stage.must(end.success, 'has not kept all that came in a long datagram')
  }),

  check('C10', 'rubbish changes nothing', async (stage: Stage) => {
    await stage.follow(stage.first, term, three)
    const rubbish = [[], [0], [0xff, 0xff, 0xff], [10, 200, 1], [0x7b, 0x7d], [42, 0]]
    for (const bytes of rubbish) stage.first.sendBytes(Uint8Array.from(bytes))
    stage.first.forget()
    const response = await stage.answerTo(stage.first, term, three, 3)
    stage.must(response.success, 'has lost entries to a datagram that is no message')
  }),
]
