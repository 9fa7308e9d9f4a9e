/** The client that asks for something once a quorum is healed, and must be served in the end. */
import type { Random } from '../../base/random.ts'
import { ClientCore, channelsOver, clientOptions } from '../../client/index.ts'
import type { LogIndex, Milliseconds } from '../../raft/index.ts'
import type { ProposalStatus } from '../workload.ts'
import type { World } from '../world.ts'
import { ClientProcess } from './client-process.ts'
import { addressOf, type Recorder } from './sim-client.ts'

/** A command that is to show that the cluster goes on. */
export interface Probe {
  readonly askedAt: Milliseconds
  readonly status: ProposalStatus
  /** Where it is committed; 0 before. */
  readonly index: LogIndex
}

const never = Number.POSITIVE_INFINITY
/** So long that nothing is sent to keep it alive. */
const keepAliveIntervalMs = 1e9

export class Prober {
  readonly name = 'prober'
  readonly #world: World
  readonly #recorder: Recorder
  readonly #core: ClientCore
  #asked = 0

  constructor(world: World, recorder: Recorder, random: Random) {
    this.#world = world
    this.#recorder = recorder
    const timeoutMs = world.options.raft.electionTimeoutMaxMs as Milliseconds
    const process = new ClientProcess(world, this.name)
    this.#core = new ClientCore({
      openChannel: channelsOver(world.connections.dialer(process)),
      clock: process,
      random,
      servers: world.serverIds.map((id) => ({ id, address: addressOf(id) })),
      options: clientOptions({
        attemptTimeoutMs: 2 * timeoutMs,
        connectTimeoutMs: timeoutMs,
        backoffFirstMs: timeoutMs / 10,
        backoffMostMs: timeoutMs,
        // Entries that keep it alive would pass for progress.
        keepAliveIntervalMs,
      }),
    })
  }

  probe(): Probe {
    this.#asked += 1
    const key = `probe${this.#asked}`
    const probe = { askedAt: this.#world.now, status: 'accepted' as ProposalStatus, index: 0 }
    const draw = (serial: number) => {
      return { kind: 'put', key, value: `${serial}`, expectedVersion: null } as const
    }
    const { command, done } = this.#recorder.write(this, draw, true)
    this.#core.request(command, { timeoutMs: never }, (result) => {
      done(result)
      probe.status = result.error === null ? 'committed' : 'lost'
      probe.index = result.error === null ? result.index : 0
    })
    return probe
  }
}
