/** Assertions throw, with a code and with what must be true. */
import { expect, test } from 'vitest'
import { AssertionError, assert, unreachable } from '../../src/base/assert.ts'

test('what holds is silent', () => {
  expect(() => assert(true, 'two is two')).not.toThrow()
})

test('what does not hold throws, and says what must be true', () => {
  try {
    assert(false, 'terms do not go back')
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError)
    expect(error).toMatchObject({
      name: 'AssertionError',
      code: 'ASSERTION_FAILED',
      message: 'assertion failed: terms do not go back',
    })
  }
})

test('a value that no case knows throws, too', () => {
  expect(() => unreachable('new kind' as never)).toThrow('unreachable value new kind')
})
