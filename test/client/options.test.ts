/** Options: the defaults can be, and what cannot is named. */
import { describe, expect, test } from 'vitest'
import { clientOptions, defaultClientOptions } from '../../src/client/index.ts'

describe('options of a client', () => {
  test('nothing given: the defaults', () => {
    expect(clientOptions()).toEqual(defaultClientOptions)
  })

  test('each wrong value is refused by its name', () => {
    for (const name of Object.keys(defaultClientOptions)) {
      for (const value of [0, -1, Number.NaN, '5']) {
        expect(() => clientOptions({ [name]: value }), name).toThrow(name)
      }
    }
    expect(() => clientOptions({ inFlightMax: 1.5 })).toThrow('inFlightMax')
    expect(() => clientOptions({ backoffFirstMs: 100, backoffMostMs: 50 })).toThrow('backoffMostMs')
    expect(() => clientOptions({ requestBytesMax: 2 ** 30 })).toThrow('requestBytesMax')
  })

  test('an operation may have all the time there is', () => {
    expect(clientOptions({ timeoutMs: Number.POSITIVE_INFINITY }).timeoutMs).toBe(Infinity)
    expect(() => clientOptions({ closeTimeoutMs: Number.POSITIVE_INFINITY })).toThrow()
  })
})
