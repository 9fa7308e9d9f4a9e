/**
 * The key-value machine and its model are two writings of one thing: what the machine answers,
 * one command at a time, the model accepts, and nothing else.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../src/base/bytes.ts'
import {
  type VersionedKvInput,
  type VersionedKvOutput,
  versionedKvModel,
} from '../../../src/linearizability/index.ts'
import {
  KeyValueMachine,
  type KvCommand,
  type KvExpectation,
  type KvResult,
} from '../../../src/state-machine/index.ts'

const key = fc.constantFrom('a', 'b')
const value = fc.constantFrom('', '0', '-7', 'x', String(Number.MAX_SAFE_INTEGER))
const expectedVersion = fc.option(fc.nat(4))
const input: fc.Arbitrary<VersionedKvInput> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('put' as const), key, value, expectedVersion }),
  fc.record({ kind: fc.constant('delete' as const), key, expectedVersion }),
  fc.record({ kind: fc.constant('cas' as const), key, from: fc.option(value), to: value }),
  fc.record({ kind: fc.constant('increment' as const), key, by: fc.integer() }),
  fc.record({ kind: fc.constant('append' as const), key, value }),
)

function expectation(version: number | null): KvExpectation | null {
  return version === null ? null : { kind: 'version', version }
}

function commandOf(one: Exclude<VersionedKvInput, { kind: 'get' }>): KvCommand {
  switch (one.kind) {
    case 'put':
      return { ...one, value: utf8Encode(one.value), expected: expectation(one.expectedVersion) }
    case 'delete':
      return { ...one, expected: expectation(one.expectedVersion) }
    case 'cas':
      return {
        kind: 'compareAndSet',
        key: one.key,
        expected: one.from === null ? null : utf8Encode(one.from),
        value: utf8Encode(one.to),
      }
    case 'increment':
      return one
    case 'append':
      return { ...one, value: utf8Encode(one.value) }
  }
}

function outputOf(result: KvResult): VersionedKvOutput {
  switch (result.kind) {
    case 'changed':
      return { kind: 'changed', version: result.revision.version }
    case 'incremented':
      return { kind: 'incremented', sum: result.value, version: result.revision.version }
    case 'deleted':
      return result
    case 'conflict':
      return { kind: 'conflict', version: result.current?.version ?? 0 }
    case 'error':
      expect(['notANumber', 'outOfRange']).toContain(result.code)
      return { kind: 'refused' }
  }
}

function ask(machine: KeyValueMachine, one: VersionedKvInput, index: number): VersionedKvOutput {
  if (one.kind !== 'get') return outputOf(machine.execute(commandOf(one), index))
  const answer = machine.answer(one)
  return answer.kind === 'found'
    ? { kind: 'value', value: utf8Decode(answer.entry.value), version: answer.entry.version }
    : { kind: 'value', value: null, version: 0 }
}

/** Answers that the machine did not give. */
function others(output: VersionedKvOutput): VersionedKvOutput[] {
  const wrongVersion =
    'version' in output ? [{ ...output, version: (output.version ?? 0) + 1 }] : []
  const candidates: VersionedKvOutput[] = [
    ...wrongVersion,
    { kind: 'value', value: 'y', version: null },
    { kind: 'changed', version: null },
    { kind: 'incremented', sum: 99, version: null },
    { kind: 'deleted', existed: output.kind === 'deleted' && !output.existed },
    { kind: 'conflict', version: null },
    { kind: 'refused' },
  ]
  return candidates.filter(
    (one, i) => i < wrongVersion.length || one.kind !== output.kind || one.kind === 'deleted',
  )
}

describe('the key-value machine', () => {
  test('answers as its model does', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
        const machine = new KeyValueMachine()
        const states = new Map(['a', 'b'].map((name) => [name, versionedKvModel.init()]))
        for (const [i, one] of inputs.entries()) {
          const state = states.get(one.key) ?? versionedKvModel.init()
          const output = ask(machine, one, i + 1)
          for (const wrong of others(output)) {
            expect(versionedKvModel.step(state, one, wrong)).toBeUndefined()
          }
          const next = versionedKvModel.step(state, one, output)
          expect(next).toBeDefined()
          states.set(one.key, next ?? state)
        }
      }),
      { numRuns: 500 },
    )
  })
})
