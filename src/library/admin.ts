/**
 * `openAdmin`: what an operator does with a running cluster, in one call each, with promises. Every
 * wish may be told again, after a crash or by somebody else: it goes on from where things are.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../base/random.ts'
import {
  ClientCore,
  channelsOver,
  checkTime,
  clientOptions,
  KontikiError,
  type MembershipGoal,
  nextMembershipStep,
} from '../client/index.ts'
import type { ServerId } from '../raft/index.ts'
import { NodeClock, TcpDialer } from '../transport/index.ts'
import type { MembersAnswer, SnapshotAnswer } from '../wire/index.ts'
import { checkName, parseAddress, parseServers, type ServerList } from './addresses.ts'
import { ask } from './admin-requests.ts'
import { type GuideSettings, guide, type NextStep } from './membership-guide.ts'
import type { OperationSettings } from './operations.ts'

export interface AdminSettings {
  /** The servers, or some of them: the others are learned of. */
  readonly servers: ServerList
  /** Closes it. */
  readonly signal?: AbortSignal
}

export interface ChangeSettings extends GuideSettings {
  /**
   * Also where so few of the new voters answer that nothing could be decided. For whoever knows
   * that they will answer again.
   */
  readonly force?: boolean
}

export interface RemoveSettings extends ChangeSettings {
  /** Refused where no server of that name is a member at the beginning: for names as typed. */
  readonly known?: boolean
}

export interface AddSettings extends ChangeSettings {
  /** False: it stays a learner, which holds everything and votes for nothing. */
  readonly votes?: boolean
}

/** What changes the members resolves with them, as they are in the end. */
export interface Admin {
  /** Who takes part and how each is doing, as the leader sees it. */
  members(settings?: OperationSettings): Promise<MembersAnswer>
  /** A server that was started to join: it learns, and is given a vote once it has caught up. */
  addServer(id: ServerId, address: string, settings?: AddSettings): Promise<MembersAnswer>
  /** A learner is given a vote. */
  promoteServer(id: ServerId, settings?: ChangeSettings): Promise<MembersAnswer>
  /** A leader hands over first. One that is no member has been removed already: that is done. */
  removeServer(id: ServerId, settings?: RemoveSettings): Promise<MembersAnswer>
  /** Another server takes the part of `old`: there is never a voter less. */
  replaceServer(
    old: ServerId,
    id: ServerId,
    address: string,
    settings?: ChangeSettings,
  ): Promise<MembersAnswer>
  /** To the named voter; null: to the one that is most up to date. */
  transferLeadership(to: ServerId | null, settings?: GuideSettings): Promise<MembersAnswer>
  /**
   * The server at that address takes a snapshot of all that it has applied by now, and trims its
   * log. Resolves when the snapshot is durable.
   */
  takeSnapshot(address: string, settings?: OperationSettings): Promise<SnapshotAnswer>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A question that is answered late is not asked again: see ClientCore.admin. */
const attemptTimeoutMs = 2000

/** A snapshot of some gigabytes is written by then. */
const snapshotTimeoutMs = 60_000

/** Between two looks whether a snapshot is there. */
const lookIntervalMs = 20

/** Throws an OptionError where a setting cannot be. */
export function openAdmin(settings: AdminSettings): Admin {
  return new TcpAdmin(settings)
}

class TcpAdmin implements Admin {
  readonly #core: ClientCore
  readonly #timeoutMs: number
  #closed: Promise<void> | null = null

  constructor({ servers, signal }: AdminSettings) {
    const options = clientOptions({ attemptTimeoutMs })
    this.#timeoutMs = options.timeoutMs
    this.#core = new ClientCore({
      openChannel: channelsOver(new TcpDialer()),
      clock: new NodeClock(),
      random: new Random(randomBytes(16).toString('hex')),
      servers: parseServers('servers', servers),
      options,
    })
    if (signal?.aborted === true) void this.close()
    else signal?.addEventListener('abort', () => void this.close(), { once: true })
  }

  members({ timeoutMs, signal }: OperationSettings = {}): Promise<MembersAnswer> {
    if (timeoutMs !== undefined) checkTime('timeoutMs', timeoutMs)
    const limits = { timeoutMs: timeoutMs ?? this.#timeoutMs, signal }
    return ask(this.#core, { kind: 'members' }, ['members'], limits)
  }

  async addServer(id: ServerId, at: string, settings: AddSettings = {}): Promise<MembersAnswer> {
    const address = checkAddress(at)
    const { votes = true } = settings
    return this.#reach({ kind: 'add', id: checkName('id', id), address, votes }, settings)
  }

  async promoteServer(id: ServerId, settings?: ChangeSettings): Promise<MembersAnswer> {
    return this.#reach({ kind: 'promote', id: checkName('id', id) }, settings)
  }

  async removeServer(id: ServerId, settings: RemoveSettings = {}): Promise<MembersAnswer> {
    const goal = { kind: 'remove', id: checkName('id', id) } as const
    let isKnown = settings.known !== true
    return this.#guide((view) => {
      isKnown ||= view.members.some((member) => member.id === id)
      if (isKnown) return nextMembershipStep(goal, view, settings.force === true)
      const names = view.members.map((member) => member.id).join(', ')
      return { kind: 'refuse', why: `${id} is not a member: the members are ${names}` }
    }, settings)
  }

  async replaceServer(
    old: ServerId,
    id: ServerId,
    at: string,
    settings?: ChangeSettings,
  ): Promise<MembersAnswer> {
    const address = checkAddress(at)
    checkName('old', old)
    return this.#reach({ kind: 'replace', old, id: checkName('id', id), address }, settings)
  }

  async transferLeadership(
    to: ServerId | null,
    settings: GuideSettings = {},
  ): Promise<MembersAnswer> {
    if (to !== null) checkName('to', to)
    return this.#guide(transferTo(to), settings)
  }

  async takeSnapshot(at: string, settings: OperationSettings = {}): Promise<SnapshotAnswer> {
    const address = checkAddress(at)
    const { timeoutMs = snapshotTimeoutMs, signal } = settings
    checkTime('timeoutMs', timeoutMs)
    const deadline = performance.now() + timeoutMs
    let wanted = Number.POSITIVE_INFINITY
    for (;;) {
      const left = Math.max(1, deadline - performance.now())
      const answer = await ask(this.#core, { kind: 'snapshot' }, ['snapshot'], {
        timeoutMs: Math.min(left, this.#timeoutMs),
        signal,
        address,
      })
      wanted = Math.min(wanted, answer.lastApplied)
      if (answer.snapshotIndex >= wanted) return answer
      if (performance.now() >= deadline) throw tooSlow(answer, wanted, timeoutMs)
      await sleep(lookIntervalMs)
    }
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#core.close(resolve))
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #reach(goal: MembershipGoal, settings: ChangeSettings = {}): Promise<MembersAnswer> {
    const { force = false } = settings
    return this.#guide((view) => nextMembershipStep(goal, view, force), settings)
  }

  #guide(next: NextStep, settings: GuideSettings): Promise<MembersAnswer> {
    for (const name of ['timeoutMs', 'stallTimeoutMs'] as const) {
      const given = settings[name]
      if (given !== undefined) checkTime(name, given)
    }
    return guide(this.#core, next, settings)
  }
}

/** Done where that server leads; with null, where another does than at first. */
function transferTo(to: ServerId | null): NextStep {
  let first: ServerId | null = null
  return ({ leaderId, members }) => {
    first ??= leaderId
    if (to === null ? leaderId !== first : leaderId === to) return { kind: 'done' }
    if (to !== null && !members.some(({ id, part }) => id === to && part !== 'learner')) {
      return { kind: 'refuse', why: `${to} is no voter, and cannot lead` }
    }
    const whom = to === null ? 'another voter' : to
    return { kind: 'transfer', what: `has ${leaderId} hand over to ${whom}`, to }
  }
}

function tooSlow(answer: SnapshotAnswer, wanted: number, timeoutMs: number): KontikiError {
  const { id, snapshotIndex } = answer
  const has = snapshotIndex === 0 ? 'has none' : `has one to ${snapshotIndex}`
  const problem = `${id} has not taken a snapshot to ${wanted} within ${timeoutMs} ms; it ${has}`
  return new KontikiError('TIMEOUT', 'unknown', problem)
}

function checkAddress(address: string): string {
  parseAddress('address', address)
  return address
}
