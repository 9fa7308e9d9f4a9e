/**
 * ALPO's one door, of the same shape as Raft's: `step` is the only way in and `takeEffects` the
 * only way out, both synchronous. This file dispatches; the rules stand in the files that it calls.
 */
import { assert, unreachable } from '../base/assert.ts'
import type { Effects } from './effects.ts'
import { handleRequestVote, handleRequestVoteAnswer, startElection } from './election.ts'
import type { Input, Propose } from './input.ts'
import type { Answer, Message, Request } from './message.ts'
import { isRequest } from './message.ts'
import {
  addCommand,
  handleAppendEntry,
  handleAppendEntryAnswer,
  handleHeartbeat,
  handleHeartbeatAnswer,
  heartbeatAll,
} from './replication.ts'
import { checkSenderTerm, handleRejection } from './sender-term.ts'
import { type AlpoSetup, type AlpoState, initialState } from './state.ts'
import { entry, type Milliseconds } from './types.ts'

export class Alpo {
  /** To be read by drivers, tests and tools; changed by this folder alone. */
  readonly state: AlpoState

  constructor(setup: AlpoSetup) {
    this.state = initialState(setup)
  }

  /** Takes in one thing that has happened. `now` never goes back. */
  step(input: Input, now: Milliseconds): void {
    const { state } = this
    assert(now >= state.now, 'time does not go back')
    state.now = now
    switch (input.kind) {
      case 'tick':
        tick(state)
        break
      case 'receive':
        receive(state, input.message)
        break
      case 'propose':
        propose(state, input)
        break
      default:
        unreachable(input)
    }
  }

  /** Everything that the steps since the last call want done. */
  takeEffects(): Effects {
    return this.state.outbox.take(this.state.log)
  }

  /** When `step` must be called with a tick at the latest. */
  get nextDeadline(): Milliseconds {
    const { role, electionDeadline } = this.state
    return role.kind === 'leader' ? role.heartbeatDeadline : electionDeadline
  }
}

function tick(alpo: AlpoState): void {
  const { role, now, electionDeadline } = alpo
  if (role.kind === 'leader') {
    if (now >= role.heartbeatDeadline) heartbeatAll(alpo)
  } else if (now >= electionDeadline) {
    startElection(alpo)
  }
}

function receive(alpo: AlpoState, message: Message): void {
  const { from, to } = message
  assert(to === alpo.serverId && from !== to, 'a message comes to whom it is addressed')
  assert(alpo.clusterMap.includes(from), 'only servers of the cluster map are heard')
  if (!isRequest(message)) handleAnswer(alpo, message)
  else if (checkSenderTerm(alpo, message)) handleRequest(alpo, message)
}

function handleRequest(alpo: AlpoState, request: Request): void {
  switch (request.kind) {
    case 'appendEntry':
      handleAppendEntry(alpo, request)
      break
    case 'heartbeat':
      handleHeartbeat(alpo, request)
      break
    case 'requestVote':
      handleRequestVote(alpo, request)
      break
    default:
      unreachable(request)
  }
}

function handleAnswer(alpo: AlpoState, answer: Answer): void {
  switch (answer.kind) {
    case 'rejection':
      handleRejection(alpo, answer)
      break
    case 'appendEntryAnswer':
      handleAppendEntryAnswer(alpo, answer)
      break
    case 'heartbeatAnswer':
      handleHeartbeatAnswer(alpo, answer)
      break
    case 'requestVoteAnswer':
      handleRequestVoteAnswer(alpo, answer)
      break
    default:
      unreachable(answer)
  }
}

/** The text does not know clients; they turn to the leader. */
function propose(alpo: AlpoState, { proposalId, command }: Propose): void {
  const { role, currentTerm, log, outbox } = alpo
  if (role.kind !== 'leader') {
    outbox.answers.push({ kind: 'notLeader', proposalId })
    return
  }
  const id = log.lastId + 1
  outbox.answers.push({ kind: 'accepted', proposalId, id, term: currentTerm })
  addCommand(alpo, role, entry(id, currentTerm, command))
}
