/**
 * Ports that do nothing by themselves: time passes, disks finish and turns end when a test says so.
 * What the server does through them is noted in one list, in its order.
 */
import { assert } from '../../src/base/assert.ts'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import type { Clock, SaveBatch, Storage, Transport } from '../../src/ports/index.ts'
import type { Answer, Entry, Message, Notice, RaftOptions } from '../../src/raft/index.ts'
import { describeMessage, Raft } from '../../src/raft/index.ts'
import { Server } from '../../src/server/index.ts'
import { entriesOf } from '../raft/harness.ts'
import { accepted, vote } from '../raft/messages.ts'

export class FakeClock implements Clock {
  time = 1000
  alarm: { deadline: number; wake: () => void } | null = null
  #soon: (() => void)[] = []

  now(): number {
    return this.time
  }

  wakeAt(deadline: number, wake: () => void): void {
    this.alarm = { deadline, wake }
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  cancel(): void {
    this.alarm = null
  }

  /** What was to happen soon happens, and what that brings about, until nothing is left. */
  turn(): void {
    for (let callback = this.#soon.shift(); callback; callback = this.#soon.shift()) callback()
  }

  /** Time passes; the alarm rings if it is due, before or after what was to happen soon. */
  pass(ms: number, order: 'turn first' | 'alarm first' = 'turn first'): void {
    this.time += ms
    if (order === 'turn first') this.turn()
    const { alarm } = this
    if (alarm !== null && alarm.deadline <= this.time) {
      this.alarm = null
      alarm.wake()
    }
    this.turn()
  }
}

export class FakeStorage implements Storage {
  readonly log: string[]
  /** The batches of each call, oldest first. */
  readonly calls: (readonly SaveBatch[])[] = []
  #done: ((error: Error | null) => void) | null = null

  constructor(log: string[]) {
    this.log = log
  }

  recover() {
    return { currentTerm: 0, votedFor: null, entries: [] }
  }

  save(batches: readonly SaveBatch[], done: (error: Error | null) => void): void {
    assert(this.#done === null, 'one save at a time')
    this.log.push(`save ${batches.length}`)
    this.calls.push(batches)
    this.#done = done
  }

  close(): void {
    assert(this.#done === null, 'nothing is under way')
  }

  get isBusy(): boolean {
    return this.#done !== null
  }

  /** The save under way ends. */
  finish(error: Error | null = null): void {
    const done = this.#done
    assert(done !== null, 'a save is under way')
    this.#done = null
    this.log.push(error === null ? 'durable' : 'failed')
    done(error)
  }

  /** All saves end well, those included that are started meanwhile. */
  finishAll(): void {
    while (this.isBusy) this.finish()
  }
}

class FakeTransport implements Transport {
  readonly #log: string[]
  readonly messages: Message[] = []

  constructor(log: string[]) {
    this.#log = log
  }

  send(to: string, bytes: Uint8Array): void {
    const message = JSON.parse(utf8Decode(bytes) ?? '') as Message
    assert(message.to === to, 'a message goes to whom it is addressed')
    this.messages.push(message)
    this.#log.push(`send ${describeMessage(message).split(' ', 1)[0]} to ${to}`)
  }
}

export interface RigSetup {
  readonly voters?: readonly string[]
  readonly log?: readonly number[]
  readonly currentTerm?: number
  readonly options?: Partial<RaftOptions>
  readonly apply?: (entry: Entry) => void
  readonly encode?: (message: Message) => Uint8Array
}

/** One server and its fake world. */
export class Rig {
  readonly log: string[] = []
  readonly clock: FakeClock = new FakeClock()
  readonly storage: FakeStorage = new FakeStorage(this.log)
  readonly transport: FakeTransport = new FakeTransport(this.log)
  readonly raft: Raft
  readonly server: Server
  readonly applied: Entry[] = []
  readonly answers: Answer[] = []
  readonly notices: Notice[] = []
  readonly fatal: Error[] = []

  constructor(setup: RigSetup = {}) {
    const { voters = ['s1', 's2', 's3'], log = [], options = {} } = setup
    const currentTerm = setup.currentTerm ?? log.at(-1) ?? 0
    this.raft = new Raft({
      id: 's1',
      voters,
      options: { verify: true, ...options },
      random: new Random('rig'),
      now: this.clock.now(),
      recovered: { currentTerm, votedFor: null, entries: entriesOf(log) },
    })
    this.server = new Server({
      raft: this.raft,
      clock: this.clock,
      storage: this.storage,
      transport: this.transport,
      encode: setup.encode ?? ((message) => utf8Encode(JSON.stringify(message))),
      apply: (entry) => {
        this.log.push(`apply ${entry.index}`)
        setup.apply?.(entry)
        this.applied.push(entry)
      },
      answer: (answer) => {
        this.log.push(`answer ${answer.kind}`)
        this.answers.push(answer)
      },
      notice: (notice) => this.notices.push(notice),
      fatal: (error) => {
        this.log.push('fatal')
        this.fatal.push(error)
      },
    })
  }

  start(): this {
    this.server.start()
    return this
  }

  receive(...messages: readonly Message[]): this {
    for (const message of messages) this.server.receive(message)
    return this
  }

  propose(...texts: readonly string[]): this {
    for (const [i, text] of texts.entries()) this.server.propose(i + 1, utf8Encode(text))
    return this
  }

  /** Time passes until the alarm, which rings. */
  ring(): this {
    const { alarm } = this.clock
    assert(alarm !== null, 'an alarm is set')
    this.clock.pass(Math.max(0, alarm.deadline - this.clock.time))
    return this
  }

  /** What was noted since the last look. */
  takeLog(): string[] {
    return this.log.splice(0)
  }

  takeMessages<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }>[] {
    return this.transport.messages.splice(0).filter((m) => m.kind === kind) as Extract<
      Message,
      { kind: K }
    >[]
  }
}

/** A leader of three whose no-op is committed, with nothing under way. */
export function leadingRig(setup: RigSetup = {}): Rig {
  const rig = new Rig(setup).start().ring()
  rig.storage.finishAll()
  rig.receive(vote('s2', { term: 1 }))
  rig.clock.turn()
  rig.storage.finishAll()
  rig.receive(...rig.takeMessages('appendEntriesRequest').map(accepted))
  rig.clock.turn()
  assert(rig.raft.state.role.kind === 'leader', 'it leads')
  assert(rig.raft.state.commitIndex === 1, 'its no-op is committed')
  rig.takeLog()
  return rig
}
