/**
 * Where a client's command goes (C12): into the own log where this server leads, to the leader
 * where it is known, and otherwise into the buffer, from which it goes on when there is news. Who
 * leads is asked anew for every command; the role itself is the core's.
 */
import { assert } from '../base/assert.ts'
import type { Clock } from '../ports/index.ts'
import type { ProposalAnswer, ProposalId, ServerId } from '../raft/index.ts'
import { CommandBuffer, type TravellingCommand } from './command-buffer.ts'
import { commandLengthProblem } from './command-name.ts'
import type { CourseCounters } from './counters.ts'
import type { Warn } from './warning.ts'

/**
 * Servers that may pass a command on, one after the other. In a settled cluster there is one;
 * while leadership moves, a few that each know a little more; past that it would go in circles.
 */
export const hopsMax = 8

/**
 * The buffer is emptied in steps, so that a leader's socket is not flooded: 16 commands a ms, and
 * one more for each that comes in meanwhile, or under load the buffer would never be empty again.
 */
const flushCommandsMax = 32
const flushIntervalMs = 2

/**
 * Into the own log so many a turn: there is no socket, but a log that is full refuses them all, and
 * then they are back in the buffer.
 */
const flushOwnCommandsMax = 256

export interface CommandRouterParts {
  readonly id: ServerId
  /** Who leads as far as is known; this server itself only where it can append at once. */
  readonly leaderId: () => ServerId | null
  /** Numbers for proposals, none of them twice. */
  readonly nextId: () => ProposalId
  /** Answered through {@link CommandRouter.answered}, unless it is called back by `recall`. */
  readonly propose: (proposalId: ProposalId, command: Uint8Array) => void
  readonly send: (to: ServerId, command: TravellingCommand) => void
  /** The longest command that can be replicated. */
  readonly commandBytesMax: number
  /** An alarm of the router's own. */
  readonly pacer: Clock
  readonly counters: CourseCounters
  readonly warn: Warn
  readonly buffer?: CommandBuffer
}

export class CommandRouter {
  readonly #parts: CommandRouterParts
  readonly #buffer: CommandBuffer
  /** Proposals that the core has not answered yet: those of this turn. */
  readonly #proposed = new Map<ProposalId, TravellingCommand>()
  #isFlushing = false
  /** The own log takes no more until something of it is committed. */
  #isOverloaded = false

  constructor(parts: CommandRouterParts) {
    this.#parts = parts
    this.#buffer = parts.buffer ?? new CommandBuffer()
  }

  /** Commands that wait. */
  get waiting(): number {
    return this.#buffer.length
  }

  /** A command has come from a client, or from the server `from`. */
  route(command: TravellingCommand, from: ServerId | null): void {
    const { commandBytesMax, counters, warn } = this.#parts
    const problem = commandLengthProblem(command.command.length, commandBytesMax)
    if (problem !== null) {
      counters.commandsTooLong += 1
      warn('commandTooLong', `refused ${problem}`)
      return
    }
    if (this.#buffer.length === 0 && this.#place(command, from)) return
    this.#keep(command)
    // Those that wait go first.
    if (this.#isFlushing) this.#flushOne()
  }

  /** What became of a proposal. */
  answered(answer: ProposalAnswer): void {
    const command = this.#proposed.get(answer.proposalId)
    assert(command !== undefined, 'what is answered was proposed')
    this.#proposed.delete(answer.proposalId)
    const { counters } = this.#parts
    if (answer.kind === 'accepted') {
      counters.commandsAppended += 1
      return
    }
    assert(answer.refusal !== 'tooLarge', 'the length was checked before')
    const isFull = answer.refusal === 'overloaded' || answer.refusal === 'diskFull'
    if (isFull) this.#isOverloaded = true
    // It stepped down in this very turn, or its log is full for now.
    if (isFull || !this.#place(command, null)) this.#keep(command)
  }

  /** The core will not answer what it was asked in this turn: the server was suspended. */
  recall(): void {
    const commands = [...this.#proposed.values()]
    this.#proposed.clear()
    this.#countDropped(this.#buffer.unshift(commands))
    this.#parts.counters.commandsBuffered += commands.length
    this.flush()
  }

  /** There is news: of a leader, of room in the log. What waits goes on, if it now can. */
  flush(): void {
    this.#isOverloaded = false
    if (this.#buffer.length === 0 || this.#isFlushing) return
    this.#isFlushing = true
    this.#flushSome()
  }

  close(): void {
    this.#parts.pacer.cancel()
  }

  #flushSome(): void {
    const { id, leaderId, pacer } = this.#parts
    const isOwn = leaderId() === id
    let count = isOwn ? flushOwnCommandsMax : flushCommandsMax
    while (count > 0 && this.#flushOne()) count -= 1
    // Where it has stopped for want of a leader, or of room, there will be news.
    this.#isFlushing = count === 0 && this.#buffer.length > 0
    if (!this.#isFlushing) return
    pacer.wakeAt(pacer.now() + (isOwn ? 0 : flushIntervalMs), () => this.#flushSome())
  }

  /** False where nothing waits, or all has to go on waiting. */
  #flushOne(): boolean {
    if (this.#isOverloaded || this.#parts.leaderId() === null) return false
    const command = this.#buffer.shift()
    if (command === null) return false
    const isPlaced = this.#place(command, null)
    assert(isPlaced, 'where it is known who leads a command goes there')
    return true
  }

  /** True where the command has found its place, if only a grave; false where it has to wait. */
  #place(command: TravellingCommand, from: ServerId | null): boolean {
    const { id, leaderId, nextId, propose, send, counters, warn } = this.#parts
    const leader = leaderId()
    // The server that we take for the leader takes us for it: one of us will soon know better.
    if (leader === null || leader === from) return false
    if (leader === id) {
      const proposalId = nextId()
      this.#proposed.set(proposalId, command)
      propose(proposalId, command.command)
      return true
    }
    if (command.hops >= hopsMax) {
      counters.commandsDroppedByHops += 1
      warn('hops', `dropped a command that ${command.hops} servers had passed on`)
      return true
    }
    counters.commandsForwarded += 1
    send(leader, { command: command.command, hops: command.hops + 1 })
    return true
  }

  #keep(command: TravellingCommand): void {
    this.#parts.counters.commandsBuffered += 1
    this.#countDropped(this.#buffer.push(command))
  }

  #countDropped(dropped: number): void {
    if (dropped === 0) return
    const { counters, warn } = this.#parts
    counters.commandsDroppedByBuffer += dropped
    const what = dropped === 1 ? 'the oldest command' : `the ${dropped} oldest commands`
    warn('bufferFull', `dropped ${what}: too many wait for a leader`)
  }
}
