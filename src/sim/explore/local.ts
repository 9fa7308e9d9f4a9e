/**
 * One server's part of a state. A core is a function of what it recovered and of the inputs since,
 * so a local state is kept as that history, shared between states, and a transition is computed by
 * replaying it once: local states are few, however many global ones are made of them. Saves are
 * durable at once here; what happens while they are not is the simulator's to find.
 */
import { assert } from '../../base/assert.ts'
import { utf8Encode } from '../../base/bytes.ts'
import { Random } from '../../base/random.ts'
import type {
  Effects,
  Entry,
  Input,
  Message,
  Peer,
  RaftState,
  Role,
  Save,
  ServerId,
  Term,
} from '../../raft/index.ts'
import { Raft, saved } from '../../raft/index.ts'
import type { Messages } from './messages.ts'

/** What can happen to one server: one of these, or the arrival of a message by its number. */
export type LocalAction = number
export const timeoutAction: LocalAction = -1
export const heartbeatAction: LocalAction = -2
export const crashAction: LocalAction = -3
/** A client proposes the n-th command: this minus n. */
export const proposeAction: LocalAction = -4

/** The n-th command, from 0. */
export function commandOf(action: LocalAction): string {
  return String.fromCharCode('x'.charCodeAt(0) + proposeAction - action)
}

/** A local state that has been met. */
export interface LocalState {
  /** Its number; equal local states have equal numbers. */
  readonly id: number
  readonly server: ServerId
  readonly currentTerm: Term
  readonly role: Role['kind']
  readonly log: readonly Entry[]
  readonly commitIndex: number
  /** Where the server started, and what has happened since, latest first. */
  readonly recovered: RecoveredState
  readonly history: History | null
  /** Transitions that have been computed, by their action. */
  readonly transitions: Map<LocalAction, Transition>
}

export interface Transition {
  readonly next: LocalState
  /** The numbers of the messages that it sends. */
  readonly sent: readonly number[]
}

interface RecoveredState {
  readonly currentTerm: Term
  readonly votedFor: ServerId | null
  readonly entries: readonly Entry[]
}

interface History {
  readonly action: LocalAction
  readonly before: History | null
}

/** So long that no leader loses its quorum by the few milliseconds that heartbeats take here. */
const electionTimeoutMs = 1_000_000

export class LocalStates {
  readonly #voters: readonly ServerId[]
  readonly #messages: Messages
  readonly #entriesMax: 0 | 1
  readonly #byKey = new Map<string, LocalState>()

  constructor(voters: readonly ServerId[], messages: Messages, entriesMax: 0 | 1) {
    this.#entriesMax = entriesMax
    this.#voters = voters
    this.#messages = messages
  }

  get size(): number {
    return this.#byKey.size
  }

  /** The state of a server that starts for the first time. */
  initial(server: ServerId): LocalState {
    const recovered = { currentTerm: 0, votedFor: null, entries: [] }
    return this.#intern(server, this.#boot(server, recovered), recovered, null)
  }

  /** What `action` leads to; computed once. */
  transition(state: LocalState, action: LocalAction): Transition {
    const known = state.transitions.get(action)
    if (known !== undefined) return known
    const transition = action === crashAction ? this.#crash(state) : this.#happen(state, action)
    state.transitions.set(action, transition)
    return transition
  }

  #crash(state: LocalState): Transition {
    const saves: Save[] = []
    this.#replay(state, saves)
    const recovered = saves.reduce(withSaved, state.recovered)
    const next = this.#intern(state.server, this.#boot(state.server, recovered), recovered, null)
    return { next, sent: [] }
  }

  #happen(state: LocalState, action: LocalAction): Transition {
    const raft = this.#replay(state)
    const sent = this.#perform(raft, action).map((message) => this.#messages.idOf(message))
    const history = { action, before: state.history }
    return { next: this.#intern(state.server, raft, state.recovered, history), sent }
  }

  /** The server as it is; `saves` is given what it has told its disk since it started. */
  #replay(state: LocalState, saves: Save[] = []): Raft {
    const actions: LocalAction[] = []
    for (let at = state.history; at !== null; at = at.before) actions.push(at.action)
    const raft = this.#boot(state.server, state.recovered)
    for (let i = actions.length - 1; i >= 0; i--)
      this.#perform(raft, actions[i] as LocalAction, saves)
    return raft
  }

  /** Lets `action` happen and everything that follows from it at once; returns what was sent. */
  #perform(raft: Raft, action: LocalAction, saves: Save[] = []): Message[] {
    const { state } = raft
    const { role } = state
    if (action === timeoutAction) {
      return stepAll(raft, { kind: 'tick' }, Math.max(state.now, state.electionDeadline), saves)
    }
    if (action === heartbeatAction) {
      assert(role.kind === 'leader', 'heartbeats come from leaders')
      return stepAll(raft, { kind: 'tick' }, Math.max(state.now, role.heartbeatDeadline), saves)
    }
    if (action <= proposeAction) {
      const command = utf8Encode(commandOf(action))
      return stepAll(
        raft,
        { kind: 'propose', proposalId: 0, entryKind: 'command', command },
        state.now,
        saves,
      )
    }
    assert(action >= 0, 'a crash is not a step')
    return stepAll(raft, { kind: 'receive', message: this.#messages.get(action) }, state.now, saves)
  }

  #boot(server: ServerId, recovered: RecoveredState): Raft {
    return new Raft({
      id: server,
      voters: this.#roundFrom(server),
      options: {
        electionTimeoutMinMs: electionTimeoutMs,
        electionTimeoutMaxMs: electionTimeoutMs,
        heartbeatIntervalMs: 1,
        inflightMessagesMax: 1,
        ...(this.#entriesMax === 1 ? { appendEntriesBytesMax: 1 } : {}),
        verify: true,
      },
      random: new Random(server),
      now: 0,
      recovered,
    })
  }

  /** The voters in a circle from `server`: the same for each, but for the names. */
  #roundFrom(server: ServerId): ServerId[] {
    const at = this.#voters.indexOf(server)
    return [...this.#voters.slice(at), ...this.#voters.slice(0, at)]
  }

  #intern(
    server: ServerId,
    raft: Raft,
    recovered: RecoveredState,
    history: History | null,
  ): LocalState {
    const key = `${server} ${stateKey(raft.state)}`
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { state } = raft
    const local: LocalState = {
      id: this.#byKey.size,
      server,
      currentTerm: state.currentTerm,
      role: state.role.kind,
      log: state.log.slice(1, state.log.lastIndex + 1),
      commitIndex: state.commitIndex,
      recovered,
      history,
      transitions: new Map(),
    }
    this.#byKey.set(key, local)
    return local
  }
}

/** What the disk holds once it has this save, too. */
function withSaved(before: RecoveredState, save: Save): RecoveredState {
  const { currentTerm, votedFor, truncateFrom, entries } = save
  const kept = truncateFrom === null ? before.entries : before.entries.slice(0, truncateFrom - 1)
  return { currentTerm, votedFor, entries: [...kept, ...entries] }
}

function stepAll(raft: Raft, input: Input, now: number, saves: Save[]): Message[] {
  const sent: Message[] = []
  raft.step(input, now)
  for (;;) {
    const effects: Effects = raft.takeEffects()
    sent.push(...effects.send)
    if (effects.save === null) return sent
    saves.push(effects.save)
    raft.step(saved(effects.save), now)
    sent.push(...effects.save.thenSend)
  }
}

/**
 * All of a state that can make a difference later. Times are left out: here a deadline passes when
 * the explorer says so. So is what is kept for peers that do not echo request ids: here all do.
 */
function stateKey(raft: RaftState): string {
  const { log, outbox, role } = raft
  const entries = log
    .slice(1, log.lastIndex + 1)
    .map(entryKey)
    .join(',')
  const disk = `${raft.durableIndex}/${raft.durableTerm}/${outbox.savedIndex}/${outbox.savedTerm}`
  const place = `${raft.currentTerm} ${raft.votedFor} [${entries}] ${raft.commitIndex}`
  const head = `${place} ${disk} ${raft.lastApplied} ${role.kind}`
  switch (role.kind) {
    case 'follower':
      return `${head} ${role.leaderId}`
    case 'preCandidate':
    case 'candidate':
      return `${head} ${[...role.votesGranted].sort().join(',')}`
    case 'leader': {
      const peers = [...role.peers.values()].map(peerKey).join(';')
      return `${head} ${role.firstIndexOfTerm} ${peers}`
    }
  }
}

function entryKey(entry: Entry): string {
  return `${entry.term}${entry.kind === 'noop' ? '-' : String.fromCharCode(...entry.command)}`
}

function peerKey(peer: Peer): string {
  const inflight = peer.inflight.map(({ requestId, cover }) => `${requestId}:${cover}`).join(',')
  const flags = [peer.echoes, peer.streaming, peer.probing, peer.forgetful].join()
  const { nextRequestId, refusalsFrom, matchKnownFrom, unanswered } = peer
  const ids = [nextRequestId, refusalsFrom, matchKnownFrom, Math.min(unanswered, 3)].join()
  return `${peer.id} ${peer.nextIndex} ${peer.matchIndex} ${flags} ${ids} [${inflight}]`
}
