/** The command lines of raftserver and raftclient (C1): defaults, and every kind of wrong usage. */
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/cli/program.ts'
import { parseArguments as parseClientArguments } from '../../src/cli/raftclient/arguments.ts'
import { help, parseArguments } from '../../src/cli/raftserver/arguments.ts'

describe('of raftserver', () => {
  test('the defaults', () => {
    expect(parseArguments([' [::1]:2000 ', 'servers.txt'])).toEqual({
      identity: { id: '[::1]:2000', host: '::1', port: 2000 },
      listFile: 'servers.txt',
      logFile: null,
      dataDirectory: null,
      inMemory: false,
      segmentBytes: 1024 * 1024,
      options: {
        electionTimeoutMinMs: 150,
        electionTimeoutMaxMs: 300,
        heartbeatIntervalMs: 50,
        datagramBytesMax: 1372,
      },
    })
  })

  test('everything said', () => {
    const args = [
      ...['--log-file', 'l', 'a:1', '--data-dir=d', '--election-timeout-ms', '1000-1000'],
      ...['--heartbeat-ms', '999', '--datagram-bytes', '65507', 'f', '--segment-bytes', '16384'],
    ]
    expect(parseArguments(args)).toMatchObject({
      logFile: 'l',
      dataDirectory: 'd',
      segmentBytes: 16_384,
      options: {
        electionTimeoutMinMs: 1000,
        electionTimeoutMaxMs: 1000,
        heartbeatIntervalMs: 999,
        datagramBytesMax: 65_507,
      },
    })
    expect(parseArguments(['a:1', 'f', '--memory'])).toMatchObject({ inMemory: true })
  })

  test('help is asked for, and names every option', () => {
    expect(parseArguments(['--help'])).toBeNull()
    for (const option of ['log-file', 'data-dir', 'memory', 'election-timeout-ms']) {
      expect(help).toContain(`  --${option} `)
    }
  })

  test.each([
    ['no arguments', [], 'the identity of the server is missing'],
    ['no file', ['a:1'], 'the file of servers is missing'],
    ['one too many', ['a:1', 'f', 'g'], 'there is an argument too many: g'],
    ['no port', ['a', 'f'], 'a: a server is named host:port'],
    ['an option without its value', ['a:1', 'f', '--log-file'], /^Option '--log-file/],
    ['an unknown option', ['a:1', 'f', '--port', '3'], "Unknown option '--port'"],
    [
      'a number that is none',
      ['a:1', 'f', '--heartbeat-ms', '1.5'],
      '--heartbeat-ms must be a whole number from 1 to 86400000; it is 1.5',
    ],
    [
      'timeouts the wrong way round',
      ['a:1', 'f', '--election-timeout-ms', '300-150'],
      '--election-timeout-ms must be MIN-MAX, as in 150-300, up to 86400000; it is 300-150',
    ],
    [
      'one timeout',
      ['a:1', 'f', '--election-timeout-ms', '300'],
      '--election-timeout-ms must be MIN-MAX, as in 150-300, up to 86400000; it is 300',
    ],
    [
      'a heartbeat that is too slow',
      ['a:1', 'f', '--heartbeat-ms', '150'],
      '--heartbeat-ms (150) must be below the shortest election timeout (150), or followers would ',
    ],
    [
      'a datagram that is too small',
      ['a:1', 'f', '--datagram-bytes', '511'],
      '--datagram-bytes must be a whole number from 512 to 65507; it is 511',
    ],
    [
      'memory with a directory',
      ['a:1', 'f', '--memory', '--data-dir', 'd'],
      '--memory keeps nothing, so --data-dir means nothing',
    ],
    [
      'a segment that is no whole sectors',
      ['a:1', 'f', '--segment-bytes', '20000'],
      '--segment-bytes must be a multiple of 512; it is 20000',
    ],
  ])('%s is wrong usage', (_what, args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError)
    expect(() => parseArguments(args)).toThrow(message)
  })
})

describe('of raftclient', () => {
  test('a server, and the size of a datagram', () => {
    expect(parseClientArguments(['a:1'])).toEqual({
      server: { id: 'a:1', host: 'a', port: 1 },
      datagramBytesMax: 1372,
    })
    expect(parseClientArguments(['a:1', '--datagram-bytes', '512'])?.datagramBytesMax).toBe(512)
    expect(parseClientArguments(['--help'])).toBeNull()
  })

  test.each([
    [[], 'the server is missing'],
    [['a:1', 'b:2'], 'there is an argument too many: b:2'],
    [['a:0'], 'a:0: a port is a number from 1 to 65535'],
    [['a:1', '--datagram-bytes', 'x'], '--datagram-bytes must be a whole number from 512 to 65507'],
    [['a:1', '-x'], "Unknown option '-x'"],
  ])('%j is wrong usage', (args, message) => {
    expect(() => parseClientArguments(args)).toThrow(UsageError)
    expect(() => parseClientArguments(args)).toThrow(message)
  })
})
