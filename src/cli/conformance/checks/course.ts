/** The handout's own rules: clients' commands, suspend and resume, the program itself. */
import { sleep, waitUntil } from '../../processes/waiting.ts'
import { commandsIn, type Line } from '../peer.ts'
import type { Stage } from '../stage.ts'
import { type Check, check, stranger } from './check.ts'

const term = 10
const log: readonly Line[] = [[10, 'a']]

export const courseChecks: readonly Check[] = [
  stranger('C3', 'who is not listed ends with status 1', async (stage: Stage) => {
    await waitUntil(() => stage.server.hasEnded, { timeoutMs: stage.patienceMs })
    stage.must(stage.server.hasEnded, 'runs on though the file does not list it')
    const { status } = stage.server
    stage.must(status === 1, `ends with status ${status} though the file does not list it`)
  }),

  check('C12', 'the leader appends a client’s command', async (stage: Stage) => {
    await stage.elect()
    await stage.client('Hello-1')
    const append = await stage.nextAppend(stage.first, (one) => commandsIn(one).includes('Hello-1'))
    stage.must(append !== null, 'leads, and sends nobody a client’s command')
  }),

  check('C12', 'a follower passes a client’s command on to its leader', async (stage: Stage) => {
    await stage.follow(stage.first, term, log)
    await stage.client('Hello-2')
    const until = performance.now() + stage.patienceMs
    let passed: string | null = null
    while (passed === null && performance.now() < until) {
      stage.first.sendAppend(term, log, 1, 0)
      passed = await stage.first.takeCommand('Hello-2', 40)
    }
    stage.must(passed !== null, 'follows a leader, and does not pass a command on to it')
    stage.must(stage.second.commands.length === 0, 'passes a command on to a follower')
  }),

  check('C13', 'suspended it answers nothing and stands for nothing', async (stage: Stage) => {
    await stage.follow(stage.first, term, log)
    stage.server.type('suspend')
    await sleep(stage.quietMs / 2)
    for (const peer of stage.peers) peer.forget()
    stage.first.sendAppend(term, log, 1, 0)
    await stage.first.take('appendEntriesResponse', stage.quietMs)
    const said = stage.peers.flatMap((peer) => peer.messages).length
    const answered = await stage.first.append(term, log, 1, 0, stage.quietMs)
    stage.must(answered === null && said === 0, 'says something though it is suspended')
  }),

  check(
    'C13',
    'resumed it follows, with its log, and does not stand at once',
    async (stage: Stage) => {
      await stage.follow(stage.first, term, log)
      stage.server.type('suspend')
      await sleep(stage.quietMs)
      for (const peer of stage.peers) peer.forget()
      stage.server.type('resume')
      const early = await stage.second.take('requestVoteRequest', 50)
      stage.must(early === null, 'stands for election at once when it is resumed')
      // The leader is well, and speaks until the server has answered.
      const until = performance.now() + stage.patienceMs
      let response = null
      while (response === null && performance.now() < until) {
        response = await stage.first.append(term, log, 1, 0, 30)
      }
      stage.must(response !== null, 'does not answer its leader after it is resumed')
      stage.may(response.term === term, 'its timeout was shorter than our next heartbeat')
      stage.must(response.success, 'has lost its log by being suspended')
    },
  ),

  check('C13', 'suspended it keeps its vote', async (stage: Stage) => {
    const { term: own } = await stage.candidacy()
    const later = own + 10
    const one = await stage.voteOf(stage.first, later, [0, 0])
    stage.must(one.voteGranted, 'refuses the first candidate of a later term', 'R4')
    stage.server.type('suspend')
    stage.server.type('resume')
    await sleep(20)
    const other = await stage.voteOf(stage.second, later, [0, 0])
    stage.must(!other.voteGranted, 'votes a second time in a term after it was resumed')
  }),

  check(
    'C16',
    'print and log are answered, and the end of input ends nothing',
    async (stage: Stage) => {
      await stage.follow(stage.first, term, log)
      for (const line of ['print', 'log', 'no-such-command', '']) stage.server.type(line)
      const until = performance.now() + stage.patienceMs
      while (stage.server.output === '' && performance.now() < until) await sleep(20)
      stage.must(stage.server.output !== '', 'answers nothing to print and log')
      stage.must(!stage.server.hasEnded, `has ended ${stage.server.death}`)
    },
  ),
]
