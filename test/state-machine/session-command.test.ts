/** What stands in an entry of kind `session`, byte for byte, and what is refused there. */
import { describe, expect, test } from 'vitest'
import {
  decodeSessionCommand,
  encodeSessionCommand,
  sessionRules,
} from '../../src/state-machine/index.ts'

describe('session commands', () => {
  const commands = [
    { kind: 'register', timeMs: 12, rules: sessionRules({ sessionsMax: 7 }) },
    {
      kind: 'request',
      timeMs: 2 ** 50,
      clientId: 300,
      sequenceNum: 2,
      lowestUnanswered: 1,
      command: Uint8Array.of(0, 255),
    },
    { kind: 'keepAlive', timeMs: 0, clientId: 5 },
    { kind: 'close', timeMs: 1, clientId: 2 ** 40 },
  ] as const

  test('come back as they went', () => {
    for (const command of commands) {
      expect(decodeSessionCommand(encodeSessionCommand(command))).toEqual(command)
    }
  })

  test('are refused where they are cut short, too long, or out of bounds', () => {
    for (const command of commands) {
      const bytes = encodeSessionCommand(command)
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeSessionCommand(bytes.subarray(0, length))).toBeNull()
      }
      expect(decodeSessionCommand(Uint8Array.of(...bytes, 0))).toBeNull()
    }
    expect(decodeSessionCommand(Uint8Array.of(1, 0, 0, 100, 1, 1))).toBeNull()
  })

  test('rules out of bounds are named', () => {
    expect(() => sessionRules({ sessionsMax: 0 })).toThrow('sessionsMax must be a whole number')
    expect(() => sessionRules({ sessionTimeoutMs: 0.5 })).toThrow('sessionTimeoutMs')
  })
})
