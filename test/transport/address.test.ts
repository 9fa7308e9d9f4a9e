/** Addresses in one spelling. */
import { expect, test } from 'vitest'
import {
  canonicalAddress,
  formatAddress,
  parseSource,
  plainAddress,
} from '../../src/transport/address.ts'

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

test('an address that was shown can be answered', () => {
  for (const [address, port] of [
    ['127.0.0.1', 1],
    ['2001:db8::1', 65_535],
    ['fe80::1%eth0', 4711],
  ] as const) {
    expect(parseSource(formatAddress(address, port))).toEqual({ address, port })
  }
  for (const text of ['', 'localhost:80', '127.0.0.1', '127.0.0.1:0', '[::1]:65536', '::1:80x']) {
    expect(parseSource(text)).toBeNull()
  }
})
