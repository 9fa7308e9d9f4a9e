/**
 * Why a request is not served by this server now, in the words of the wire, with a hint to whoever
 * leads as far as is known here (§6.2).
 */
import { unreachable } from '../base/assert.ts'
import type { ReadRefusal, Refusal, ServerId } from '../raft/index.ts'
import { leaderIdOf } from '../raft/index.ts'
import { requestOverheadMax } from '../state-machine/index.ts'
import { type Failure, failure } from './caller.ts'
import type { Server } from './server.ts'

export class Refusals {
  readonly #server: Pick<Server, 'state'>
  readonly #addressOf: (id: ServerId) => string

  constructor(server: Pick<Server, 'state'>, addressOf: (id: ServerId) => string) {
    this.#server = server
    this.#addressOf = addressOf
  }

  /** The longest command that the log has room for beside what a session adds. */
  get commandBytesMax(): number {
    return Math.max(0, this.#server.state.options.commandBytesMax - requestOverheadMax)
  }

  notLeader(message: string = ''): Failure {
    return this.#withHint('notLeader', message)
  }

  /** It may yet take effect: whoever leads next decides. */
  unknown(message: string): Failure {
    return this.#withHint('unknown', message)
  }

  /** Of the core. */
  of(refusal: Refusal | ReadRefusal): Failure {
    switch (refusal) {
      case 'notLeader':
      case 'leaderLost':
        return this.notLeader()
      case 'tooLarge':
        return failure('tooLarge', `a command has ${this.commandBytesMax} bytes at most`)
      case 'overloaded':
        return failure('overloaded', 'too much waits already')
      case 'transferring':
        return failure('unavailable', 'the leader is handing over to another server')
      case 'diskFull':
        return failure('diskFull', this.#whoseDisk)
      default:
        return unreachable(refusal)
    }
  }

  get #whoseDisk(): string {
    const { id, diskIsFull, role } = this.#server.state
    if (diskIsFull || role.kind !== 'leader') return `the disk of ${id} is full`
    const full = [...role.peers.values()].filter((peer) => peer.diskIsFull).map((peer) => peer.id)
    return `too few servers have room: the disks of ${full.join(', ')} are full`
  }

  #withHint(status: Failure['status'], message: string): Failure {
    const id = leaderIdOf(this.#server.state)
    return failure(status, message, id === null ? null : { id, address: this.#addressOf(id) })
  }
}
