/**
 * What the store held after each entry, as a machine of its own says that takes every command once,
 * when the first server carries it out: what servers answer, at whatever index, must be this.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { LogIndex } from '../../raft/index.ts'
import { encodeKvQuery, KeyValueMachine, type KvCommand } from '../../state-machine/index.ts'

interface Moment {
  readonly index: LogIndex
  readonly answer: Uint8Array
}

export class Truth {
  readonly #machine = new KeyValueMachine()
  readonly #moments = new Map<string, Moment[]>()

  /** Carries the command out, as the entry at `index`; its response. */
  execute(command: KvCommand, bytes: Uint8Array, index: LogIndex): Uint8Array {
    const response = this.#machine.apply(bytes, { index, term: 0, timeMs: 0 })
    const { key } = command
    const moments = this.#moments.get(key) ?? []
    moments.push({ index, answer: this.#machine.query(encodeKvQuery({ kind: 'get', key })) })
    this.#moments.set(key, moments)
    return response
  }

  /** Whether that is the answer to a get once everything up to `index` is applied. */
  isAnswerAt(key: string, index: LogIndex, answer: Uint8Array): boolean {
    const moments = this.#moments.get(key) ?? []
    const last = moments.findLast((moment) => moment.index <= index)
    return bytesEqual(last?.answer ?? absent(key), answer)
  }
}

function absent(key: string): Uint8Array {
  return new KeyValueMachine().query(encodeKvQuery({ kind: 'get', key }))
}
