/**
 * Raft without its term rule (L2): the term in a message is not looked at. Nobody is refused for an
 * old term, and nobody steps back for a later one. What stands between the network and the servers
 * here rewrites the terms of messages so that the core has no reason to; all else is Raft.
 */
import { utf8Encode } from '../../base/bytes.ts'
import {
  type Entry,
  type Message,
  type Milliseconds,
  type RaftState,
  raftOptions,
  type ServerId,
} from '../../raft/index.ts'
import { bothWays, oneAndRest } from '../topology.ts'
import { surroundings } from './figure-16.ts'
import { Lab } from './lab.ts'
import type { LabServer } from './lab-server.ts'
import { columns, type ExperimentRun, type Measured, type Report } from './report.ts'

/** How long a cluster is watched, and how its leader is cut off and let back meanwhile. */
const watchedMs = 10_000
const cutEveryMs = 1500
/** Long enough for others to elect another, and too short for it to give up by itself (R14). */
const cutForMs = 250
const proposeEveryMs = 40

const { electionTimeoutMaxMs, heartbeatIntervalMs } = raftOptions()

/** With every link whole, an old leader's next heartbeat brings it the term that deposes it. */
const healedMs = 2 * heartbeatIntervalMs

interface Run {
  readonly seed: string
  /** When two led at once though every link had been whole for {@link healedMs}; null: never. */
  readonly twoLeadersAtMs: Milliseconds | null
  /** When two servers had applied different entries at one index; null: never. */
  readonly dividedAtMs: Milliseconds | null
  /** What was seen then. */
  readonly divided: string | null
  readonly committed: number
  /** Until two lead. */
  readonly story: readonly string[]
}

export const noTerm: Measured = {
  kind: 'measured',
  name: 'no-term',
  answers: 'L2',
  question: 'What would happen without a term?',
  trials: 50,
  run,
}

function run({ seed, trials, progress }: ExperimentRun): Report {
  const runsOf = (isRuleOn: boolean, done: number): Run[] =>
    Array.from({ length: trials }, (_, trial) => {
      progress((done + trial / trials) / 2)
      return watch(`${seed}/${trial + 1}`, isRuleOn)
    })
  const kinds = [
    { name: 'term rule off', runs: runsOf(false, 0) },
    { name: 'Raft', runs: runsOf(true, 1) },
  ]
  const [off] = kinds
  return {
    setting: [
      `Five servers for ${watchedMs / 1000} s, with a command every ${proposeEveryMs} ms for ` +
        `whoever leads. Every ${cutEveryMs} ms a leader is cut off for ${cutForMs} ms. Two ` +
        `leaders are counted only where every link has been whole for ${healedMs} ms.`,
    ],
    tables: [
      {
        title: `${trials} seeds each`,
        columns: columns('', 'two leaders', 'logs divided', 'entries committed'),
        rows: kinds.map(({ name, runs }) => [
          name,
          String(runs.filter(({ twoLeadersAtMs }) => twoLeadersAtMs !== null).length),
          String(runs.filter(({ dividedAtMs }) => dividedAtMs !== null).length),
          String(runs.reduce((sum, { committed }) => sum + committed, 0)),
        ]),
      },
    ],
    findings: findingsOf(off?.runs ?? []),
    charts: [],
    data: Object.fromEntries(
      kinds.map(({ name, runs }) => [name, runs.map(({ story: _story, ...rest }) => rest)]),
    ),
  }
}

function findingsOf(runs: readonly Run[]): string[] {
  const first = runs.find(({ twoLeadersAtMs }) => twoLeadersAtMs !== null)
  const split = runs.find(({ dividedAtMs }) => dividedAtMs !== null)
  if (first === undefined) return ['In no seed two servers led at once.']
  return [
    `The first seed with two leaders is ${first.seed}:`,
    ...first.story,
    'Neither can be told that it is the old one. Two things still keep most logs whole: a leader ' +
      'whom no majority answers gives up (§6.2), and what a server knows to be committed it ' +
      'never replaces.',
    split === undefined
      ? 'In these seeds they did.'
      : `They do not in seed ${split.seed}: ${split.divided}.`,
  ]
}

function watch(seed: string, isRuleOn: boolean): Run {
  const story: string[] = []
  const applied = new Map<number, string>()
  let dividedAtMs: Milliseconds | null = null
  let divided: string | null = null
  let twoLeadersAtMs: Milliseconds | null = null
  let isWholeSince: Milliseconds = 0
  const tell = (what: string): void => {
    if (twoLeadersAtMs === null) story.push(`${lab.now.toFixed(1).padStart(8)} ms  ${what}`)
  }
  const lab: Lab = new Lab(
    `no-term/${seed}`,
    { ...surroundings, raftOf: () => ({}) },
    {
      ...(isRuleOn ? {} : { arriving: withoutTerm }),
      noticed: ({ id }, notice) => {
        if (notice.kind !== 'roleChanged' || notice.role === 'preCandidate') return
        const { role, why } = notice
        if (role === 'leader' || role === 'candidate') tell(`${id} becomes ${role}: ${why}`)
      },
      applied: ({ id }, entry) => {
        const before = applied.get(entry.index)
        const what = nameOf(entry)
        if (before === undefined) applied.set(entry.index, what)
        if (before === undefined || before === what || dividedAtMs !== null) return
        divided = `${id} applies ${what} at ${entry.index}, where ${before} was applied before`
        dividedAtMs = lab.now
      },
    },
  )
  lab.start(electionTimeoutMaxMs)
  work(lab)
  cutOff(lab, tell, (isWhole) => {
    isWholeSince = isWhole ? lab.now : Number.POSITIVE_INFINITY
  })
  lab.runUntil(watchedMs, () => {
    if (twoLeadersAtMs === null && lab.now > isWholeSince + healedMs && lab.leaders.length > 1) {
      tell(`${lab.leaders.map(({ id }) => id).join(' and ')} lead, and every link is whole`)
      twoLeadersAtMs = lab.now
    }
    return false
  })
  return { seed, twoLeadersAtMs, dividedAtMs, divided, committed: applied.size, story }
}

/**
 * The same message with a term that the server has no reason to mind. Candidates and leaders stay
 * what they are; followers vote for whoever asks, and follow whoever speaks as a leader. (A term
 * raised by one does that: the core would not hear of two leaders, or votes, in one term.)
 */
function withoutTerm({ role, term, state }: LabServer, message: Message): Message {
  const isNews =
    message.kind === 'requestVoteRequest' ||
    (message.kind === 'appendEntriesRequest' && leaderOf(state) !== message.from)
  if (role === 'follower' && isNews) return { ...message, term: Math.max(term + 1, message.term) }
  const isFollowed = message.kind === 'appendEntriesRequest' && role !== 'leader'
  return { ...message, term: isFollowed ? Math.max(term, message.term) : term }
}

function leaderOf(state: RaftState | null): ServerId | null {
  return state?.role.kind === 'follower' ? state.role.leaderId : null
}

/** Clients: every leader is given commands, as whoever believes it leads would be. */
function work(lab: Lab): void {
  let count = 0
  const next = (): void => {
    for (const leader of lab.leaders) leader.propose(utf8Encode(`c${++count}-${leader.id}`))
    lab.later(proposeEveryMs, next)
  }
  next()
}

function cutOff(lab: Lab, tell: (what: string) => void, changed: (isWhole: boolean) => void): void {
  const next = (): void => {
    const { leader } = lab
    lab.later(cutEveryMs, next)
    if (leader === null) return
    const links = bothWays(...oneAndRest(leader.place, lab.servers.length))
    tell(`${leader.id} is cut off`)
    lab.cut(links)
    changed(false)
    lab.later(cutForMs, () => {
      tell(`${leader.id} is back`)
      lab.mend(links)
      changed(true)
    })
  }
  lab.later(cutEveryMs, next)
}

function nameOf({ term, kind, command }: Entry): string {
  return `${kind === 'command' ? String.fromCharCode(...command) : kind} of term ${term}`
}
