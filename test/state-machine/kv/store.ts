/** A key-value machine with short words for what is done to it, and a log that grows with that. */
import { utf8Decode, utf8Encode } from '../../../src/base/bytes.ts'
import { KeyValueMachine, type KvCommand, type KvResult } from '../../../src/state-machine/index.ts'

export class Store {
  readonly machine: KeyValueMachine = new KeyValueMachine()
  lastIndex = 0

  do(command: KvCommand): KvResult {
    this.lastIndex += 1
    return this.machine.execute(command, this.lastIndex)
  }

  put(key: string, value: string, version?: number): KvResult {
    const expected = version === undefined ? null : ({ kind: 'version', version } as const)
    return this.do({ kind: 'put', key, value: utf8Encode(value), expected })
  }

  delete(key: string, version?: number): KvResult {
    const expected = version === undefined ? null : ({ kind: 'version', version } as const)
    return this.do({ kind: 'delete', key, expected })
  }

  cas(key: string, expected: string | null, value: string): KvResult {
    return this.do({
      kind: 'compareAndSet',
      key,
      expected: expected === null ? null : utf8Encode(expected),
      value: utf8Encode(value),
    })
  }

  increment(key: string, by: number): KvResult {
    return this.do({ kind: 'increment', key, by })
  }

  append(key: string, value: string): KvResult {
    return this.do({ kind: 'append', key, value: utf8Encode(value) })
  }

  get(key: string): string | null {
    const answer = this.machine.answer({ kind: 'get', key })
    return answer.kind === 'found' ? utf8Decode(answer.entry.value) : null
  }

  page(prefix: string, after: string, limit: number, keysOnly = false): [string[], string | null] {
    const answer = this.machine.answer({ kind: 'list', prefix, after, limit, keysOnly })
    if (answer.kind !== 'page') throw new Error(answer.kind)
    return [answer.entries.map(({ key }) => key), answer.next]
  }
}
