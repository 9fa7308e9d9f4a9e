/** Addresses in one spelling. */
import { expect, test } from 'vitest'
import { canonicalAddress, plainAddress } from '../../src/transport/address.ts'

test('one spelling of each address', () => {
  expect(canonicalAddress('127.0.0.1')).toBe('127.0.0.1')
  expect(canonicalAddress('2001:DB8:0::0:1')).toBe('2001:db8::1')
  expect(canonicalAddress('::FFFF:192.0.2.1')).toBe('192.0.2.1')
  expect(canonicalAddress('::ffff:c000:201')).toBe('192.0.2.1')
  expect(canonicalAddress('FE80::1%eth0')).toBe('fe80::1%eth0')
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1')
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(plainAddress('::ffff:c000')).toBe('::ffff:c000')
})
