/** The applier hands committed commands on in log order, each once, and nothing after a failure. */
import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../src/base/assert.ts'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import {
  Applier,
  type ApplyContext,
  ApplyError,
  type ByteMachine,
  SessionMachine,
} from '../../src/state-machine/index.ts'

class Recorder implements ByteMachine {
  readonly seen: string[] = []

  apply(command: Uint8Array, { index, term }: ApplyContext): Uint8Array {
    const text = utf8Decode(command)
    if (text === 'fail') throw new Error('no more room')
    if (text === 'throw a text') throw 'a text'
    this.seen.push(`${term},${index},${text}`)
    return utf8Encode(`did ${text}`)
  }

  query(): Uint8Array {
    return new Uint8Array(0)
  }

  snapshot(): Uint8Array[] {
    return []
  }

  restore(): void {}
}

const applierOf = (recorder: Recorder) => new Applier(new SessionMachine(recorder))

const command = (index: number, text: string) => entry(index, 1, 'command', utf8Encode(text))
const noop = (index: number) => entry(index, 1, 'noop', new Uint8Array(0))

describe('an applier', () => {
  test('hands each command on with its index and term, and gives back the result', () => {
    const recorder = new Recorder()
    const applier = applierOf(recorder)
    expect(applier.apply(command(1, 'x'))).toEqual({
      kind: 'applied',
      response: utf8Encode('did x'),
      index: 1,
    })
    expect(applier.apply(entry(2, 5, 'command', utf8Encode('y')))).toMatchObject({
      response: utf8Encode('did y'),
    })
    expect(recorder.seen).toEqual(['1,1,x', '5,2,y'])
    expect(applier.lastApplied).toBe(2)
  })

  test('keeps no-ops and configurations to itself, and counts them', () => {
    const recorder = new Recorder()
    const applier = applierOf(recorder)
    expect(applier.apply(noop(1))).toEqual({ kind: 'nothing' })
    expect(applier.apply(entry(2, 1, 'configuration', utf8Encode('x')))).toEqual({
      kind: 'nothing',
    })
    applier.apply(command(3, 'x'))
    expect(recorder.seen).toEqual(['1,3,x'])
  })

  test('hands on a command of no bytes: it is no no-op', () => {
    const recorder = new Recorder()
    applierOf(recorder).apply(command(1, ''))
    expect(recorder.seen).toEqual(['1,1,'])
  })

  test('stops at a gap, a repetition and a step back', () => {
    for (const index of [1, 2, 4]) {
      const applier = applierOf(new Recorder())
      applier.apply(command(1, 'x'))
      applier.apply(noop(2))
      expect(() => applier.apply(command(index, 'y'))).toThrow(AssertionError)
    }
    expect(() => applierOf(new Recorder()).apply(command(2, 'x'))).toThrow(AssertionError)
  })

  test('says which entry a machine failed at, and does not count it as applied', () => {
    const applier = applierOf(new Recorder())
    applier.apply(command(1, 'x'))
    try {
      applier.apply(entry(2, 3, 'command', utf8Encode('fail')))
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ApplyError)
      expect(error).toMatchObject({
        code: 'APPLY_FAILED',
        index: 2,
        message: 'the state machine failed at entry 2 of term 3: no more room',
      })
      expect((error as ApplyError).cause).toMatchObject({ message: 'no more room' })
    }
    expect(applier.lastApplied).toBe(1)
    expect(() => applier.apply(command(2, 'x'))).toThrow(AssertionError)
  })

  test('says it also of what is thrown and is no error', () => {
    const applier = applierOf(new Recorder())
    expect(() => applier.apply(command(1, 'throw a text'))).toThrow('entry 1 of term 1: a text')
  })

  test('goes on behind a snapshot, with the digest of those who applied all of it', () => {
    const machine = new SessionMachine(new Recorder())
    const applier = new Applier(machine)
    applier.apply(command(1, 'x'))
    applier.apply(entry(2, 4, 'command', utf8Encode('y')))
    expect([applier.lastApplied, applier.lastAppliedTerm]).toEqual([2, 4])

    const restoredMachine = new SessionMachine(new Recorder())
    const restored = new Applier(restoredMachine)
    restoredMachine.restore(machine.snapshot())
    restored.restored(2, 4)
    expect([restored.lastApplied, restored.lastAppliedTerm]).toEqual([2, 4])
    expect(() => restored.apply(entry(2, 4, 'noop', new Uint8Array(0)))).toThrow(AssertionError)
    for (const one of [applier, restored]) one.apply(entry(3, 4, 'command', utf8Encode('z')))
    expect(restored.digest).toBe(applier.digest)
    expect(() => restored.restored(2, 4)).toThrow(AssertionError)
  })
})
