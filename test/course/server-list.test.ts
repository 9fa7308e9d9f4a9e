/** The file of servers, and the own place in it (C2, C3). */
import { describe, expect, test } from 'vitest'
import {
  fileNameFor,
  findServer,
  parseAddress,
  parseServerList,
  ServerListError,
} from '../../src/course/index.ts'
import { serversMax } from '../../src/course/server-list.ts'

describe('the list (C2)', () => {
  test('one host:port a line, with blank lines, blanks, CRLF, a mark and no last newline', () => {
    const text =
      '\uFEFFlocalhost:2000\r\n\r\n  127.0.0.1:2020\t\n\nserver2:2000\n[fe80::1%eth0]:65535'
    expect(parseServerList(text, 'f')).toEqual([
      { id: 'localhost:2000', host: 'localhost', port: 2000, line: 1 },
      { id: '127.0.0.1:2020', host: '127.0.0.1', port: 2020, line: 3 },
      { id: 'server2:2000', host: 'server2', port: 2000, line: 5 },
      { id: '[fe80::1%eth0]:65535', host: 'fe80::1%eth0', port: 65_535, line: 6 },
    ])
  })

  test.each([
    ['a:1\nb 2', 'f:2: b 2: a server is named host:port'],
    ['a:1\n:2', 'f:2: :2: there is no host before the port'],
    ['a b:2', 'f:1: a b:2: a host has letters, digits, dots, dashes and underscores only'],
    ['../x:2', 'f:1: ../x:2: a host has letters, digits, dots, dashes and underscores only'],
    ['::1:2000', 'f:1: ::1:2000: an IPv6 address is written in brackets, as in [::1]:2000'],
    ['a:1\n\nb:0', 'f:3: b:0: a port is a number from 1 to 65535'],
    ['b:65536', 'f:1: b:65536: a port is a number from 1 to 65535'],
    ['b:02000', 'f:1: b:02000: a port is a number from 1 to 65535'],
    ['b:', 'f:1: b:: a port is a number from 1 to 65535'],
    ['b:-1', 'f:1: b:-1: a port is a number from 1 to 65535'],
    [`${'h'.repeat(254)}:1`, /at most 253 characters$/],
    ['a:1\nb:2\n a:1 ', 'f:3: a:1 is already listed in line 1'],
    [' \n\r\n', 'f lists no server'],
  ])('%j is refused, by file and line', (text, message) => {
    expect(() => parseServerList(text, 'f')).toThrow(ServerListError)
    expect(() => parseServerList(text, 'f')).toThrow(message)
  })

  test('so many servers and no more', () => {
    const ids = Array.from({ length: serversMax + 1 }, (_, i) => `a:${i + 1}`)
    expect(parseServerList(ids.slice(1).join('\n'), 'f')).toHaveLength(serversMax)
    expect(() => parseServerList(ids.join('\n'), 'f')).toThrow('f:101: there are more than 100')
  })
})

describe('the own line (C3)', () => {
  const servers = parseServerList('localhost:2000\n127.0.0.1:2020\nserver2:2000\nserver3:7', 'f')

  test('is found to the letter', () => {
    expect(findServer(servers, parseAddress('server2:2000'), 'f').line).toBe(3)
  })

  test.each([
    ['127.0.0.1:2000', 'localhost:2000, in line 1'],
    ['localhost:2020', '127.0.0.1:2020, in line 2'],
    ['[::1]:2020', '127.0.0.1:2020, in line 2'],
    ['SERVER2:2000', 'server2:2000, in line 3'],
    ['server3:8', 'server3:7, in line 4'],
    ['elsewhere:7', 'server3:7, in line 4'],
  ])('%s is not in it; %s is near', (name, near) => {
    const find = (): unknown => findServer(servers, parseAddress(name), 'f')
    expect(find).toThrow(`${name} is not one of the servers in f; did you mean ${near}?`)
  })

  test('nothing is near', () => {
    const find = (): unknown => findServer(servers, parseAddress('other:1'), 'f')
    expect(find).toThrow(/^other:1 is not one of the servers in f$/)
  })
})

test('files are named after the server, without what a file name cannot have', () => {
  expect(fileNameFor(parseAddress('localhost:2000'), 'log')).toBe('localhost-2000.log')
  expect(fileNameFor(parseAddress('[fe80::1%eth0]:20'), 'data')).toBe('fe80__1_eth0-20.data')
})
