/**
 * One node of a Maelstrom test of a linearizable key-value store (its lin-kv workload): a whole
 * server with its state machine in memory, and a client of the cluster through which every
 * operation goes, so that any node may be asked. Maelstrom carries the messages between the nodes,
 * and loses, delays and cuts them.
 */
import type { Random } from '../../base/random.ts'
import { ClientCore, clientOptions, type RequestResult } from '../../client/index.ts'
import type { Clock } from '../../ports/index.ts'
import { makeConfiguration, type RaftOptions } from '../../raft/index.ts'
import { Replica } from '../../server/index.ts'
import { KeyValueMachine } from '../../state-machine/index.ts'
import { MemoryStorage } from '../../storage/index.ts'
import { decodeEnvelope, encodeClientMessage } from '../../wire/index.ts'
import {
  type Body,
  type ErrorName,
  errorCodes,
  fromBase64,
  type MaelstromMessage,
  toBase64,
} from './message.ts'
import { NodeChannels } from './node-channels.ts'
import { type Request, readRequest, replyTo } from './workload.ts'

export interface MaelstromParts {
  readonly random: Random
  /** A clock for each of the two that keep time; each has one alarm. */
  readonly makeClock: () => Clock
  readonly raft: Partial<RaftOptions>
  /** How long an operation may take before its client is told that nobody knows. */
  readonly timeoutMs: number
  readonly write: (message: MaelstromMessage) => void
  readonly say: (line: string) => void
  readonly fatal: (error: Error) => void
}

interface Running {
  readonly id: string
  readonly nodeIds: readonly string[]
  readonly replica: Replica
  readonly client: ClientCore
  readonly channels: NodeChannels
}

export class MaelstromNode {
  readonly #parts: MaelstromParts
  #running: Running | null = null
  #lastId = 0

  constructor(parts: MaelstromParts) {
    this.#parts = parts
  }

  receive(message: MaelstromMessage): void {
    const { src, body } = message
    const running = this.#running
    if (running === null) {
      if (body.type === 'init') this.#init(message)
      else this.#refuse(message, 'temporarilyUnavailable', 'this node has no init yet')
    } else if (body.type === 'init') this.#reply(message, { type: 'init_ok' })
    else if (running.nodeIds.includes(src)) this.#receiveFromNode(running, message)
    else this.#serve(running, message)
  }

  close(): void {
    this.#running?.client.close()
    this.#running?.replica.close()
  }

  #init(message: MaelstromMessage): void {
    const { node_id: id, node_ids: nodeIds } = message.body
    if (typeof id !== 'string' || !isTexts(nodeIds) || !nodeIds.includes(id)) {
      this.#refuse(message, 'malformedRequest', 'init needs node_id, and node_ids with it')
      return
    }
    this.#running = this.#start(id, nodeIds)
    this.#parts.say(`node ${id} of ${nodeIds.join(', ')}`)
    this.#reply(message, { type: 'init_ok' })
  }

  #start(id: string, nodeIds: readonly string[]): Running {
    const { random, makeClock, raft, timeoutMs } = this.#parts
    const clock = makeClock()
    // A node is found by its name.
    const addresses = new Map(nodeIds.map((node) => [node, node]))
    const replica = new Replica({
      id,
      configuration: makeConfiguration(nodeIds, null, [], addresses),
      machine: new KeyValueMachine(),
      clock,
      // Maelstrom's lin-kv kills no process, so memory is as good as a disk.
      storage: new MemoryStorage((callback) => clock.soon(callback)),
      transport: {
        send: (to, bytes) => this.#send(to, { type: 'raft', data: toBase64(bytes) }),
      },
      random: random.fork('server'),
      raft,
      events: { stopped: (error) => this.#parts.fatal(error) },
    })
    const clientClock = makeClock()
    const channels = new NodeChannels({
      ownId: id,
      nodeIds,
      clock: clientClock,
      replica,
      send: (to, bytes) => this.#send(to, { type: 'client', data: toBase64(bytes) }),
    })
    const client = new ClientCore({
      openChannel: (address, events) => channels.open(address, events),
      clock: clientClock,
      random: random.fork('client'),
      servers: nodeIds.map((node) => ({ id: node, address: node })),
      options: clientOptions({ timeoutMs }),
      preferred: id,
    })
    replica.start()
    return { id, nodeIds, replica, client, channels }
  }

  #receiveFromNode({ replica, channels }: Running, { src, body }: MaelstromMessage): void {
    const bytes = fromBase64(body.data)
    if (bytes === null) return
    switch (body.type) {
      case 'raft':
        replica.receive(bytes, src)
        break
      case 'client': {
        const decoded = decodeEnvelope(bytes, null, '')
        if (decoded.kind !== 'clientMessage' || 'status' in decoded.message) return
        replica.handleClient(decoded.message, (response) => {
          this.#send(src, { type: 'answer', data: toBase64(encodeClientMessage(response)) })
        })
        break
      }
      case 'answer':
        channels.answered(src, bytes)
        break
      default:
        this.#parts.say(`${src} says something unknown: ${body.type}`)
    }
  }

  #serve({ client }: Running, message: MaelstromMessage): void {
    const request = readRequest(message.body)
    if (request.kind === 'refused') {
      this.#refuse(message, request.error, request.why)
    } else if (request.kind === 'query') {
      client.query(request.bytes, {}, (result) => this.#answer(message, request, result))
    } else {
      client.request(request.bytes, {}, (result) => this.#answer(message, request, result))
    }
  }

  #answer(message: MaelstromMessage, request: Request, result: RequestResult): void {
    if (result.error === null) {
      const reply = replyTo(request, result.response)
      if (reply.kind === 'reply') this.#reply(message, reply.body)
      else this.#refuse(message, reply.error, reply.why)
    } else {
      const { outcome, message: why } = result.error
      this.#refuse(message, outcome === 'unknown' ? 'timeout' : 'temporarilyUnavailable', why)
    }
  }

  #refuse(message: MaelstromMessage, error: ErrorName, text: string): void {
    this.#reply(message, { type: 'error', code: errorCodes[error], text })
  }

  /** What has no number wants no answer. */
  #reply({ src, body }: MaelstromMessage, reply: Body): void {
    if (body.msg_id !== undefined) this.#send(src, { ...reply, in_reply_to: body.msg_id })
  }

  #send(dest: string, body: Body): void {
    this.#lastId += 1
    const src = this.#running?.id ?? dest
    this.#parts.write({ src, dest, body: { ...body, msg_id: this.#lastId } })
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
