/**
 * What is refused, and why; what is odd and understood all the same; and that nothing whatever that
 * arrives makes the decoder throw.
 */
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { configuration, encodeConfiguration } from '../../src/raft/index.ts'
import { type Decoded, decodeDatagram, invalidReasons } from '../../src/wire/index.ts'
import { type Fields, ours } from './reflection.ts'
import { fromHex, golden, goldenNames, peer, us } from './vectors.ts'

function decode(bytes: Uint8Array): Decoded {
  return decodeDatagram(bytes, us, peer)
}

/** The reason for which these fields, as another implementation may write them, are refused. */
function reasonOf(fields: Fields): string {
  const decoded = decode(ours.encode(fields))
  return decoded.kind === 'invalid' ? decoded.reason : decoded.kind
}

function reasonOfHex(hex: string): string {
  const decoded = decode(fromHex(hex))
  return decoded.kind === 'invalid' ? decoded.reason : decoded.kind
}

/** A request of term 5 after entry 3 of term 2, and what is changed in it. */
function request(changes: Fields): Fields {
  const whole = { Term: 5, PrevLogIndex: 3, PrevLogTerm: 2, LeaderCommit: 3 }
  return { AppendEntriesRequest: { ...whole, ...changes } }
}

function entries(...places: [number, number][]): Fields {
  return request({ Entries: places.map(([Index, Term]) => ({ Index, Term, CommandName: 'x' })) })
}

function response(changes: Fields): Fields {
  return { AppendEntriesResponse: { Term: 5, ...changes } }
}

function ballot(changes: Fields): Fields {
  const whole = { Term: 5, LastLogIndex: 3, LastLogTerm: 2, CandidateName: us }
  return { RequestVoteRequest: { ...whole, ...changes } }
}

/** A chunk that is in order, but for what is given. */
function chunk(fields: Fields): Fields {
  const Configuration = encodeConfiguration(configuration(['a']))
  const taken = { LastIndex: 3, LastTerm: 2, Configuration, Size: 9, Checksum: 1 }
  const all = { Term: 5, ...taken, Offset: 4, Data: [1, 2, 3, 4, 5], RequestId: 1, ...fields }
  return { InstallSnapshotRequest: all }
}

function preVote(changes: Fields): Fields {
  return { PreVoteRequest: { Term: 5, LastLogIndex: 3, LastLogTerm: 2, RequestId: 1, ...changes } }
}

function readIndex(changes: Fields): Fields {
  return { ReadIndexResponse: { Term: 5, Success: true, RequestId: 1, Index: 3, ...changes } }
}

describe('a message that contradicts itself', () => {
  test.each<[string, string, Fields]>([
    ['no term', 'termZero', request({ Term: 0 })],
    ['no term', 'termZero', response({ Term: 0 })],
    ['no term', 'termZero', ballot({ Term: 0 })],
    ['no term', 'termZero', { RequestVoteResponse: { VoteGranted: true } }],
    ['index 0 of a term', 'prevLogContradiction', request({ PrevLogIndex: 0 })],
    ['an entry of no term', 'prevLogContradiction', request({ PrevLogTerm: 0 })],
    ['a previous entry of a later term', 'prevLogContradiction', request({ PrevLogTerm: 6 })],
    ['index 0 of a term', 'lastLogContradiction', ballot({ LastLogIndex: 0 })],
    ['an entry of no term', 'lastLogContradiction', ballot({ LastLogTerm: 0 })],
    ['a last entry of a later term', 'lastLogContradiction', ballot({ LastLogTerm: 6 })],
    ['a pre-vote for no term', 'termZero', preVote({ Term: 0 })],
    ['a pre-vote of no round', 'requestIdZero', preVote({ RequestId: 0 })],
    ['a last entry of the term asked for', 'lastLogContradiction', preVote({ LastLogTerm: 5 })],
    ['an answer to no pre-vote', 'requestIdZero', { PreVoteResponse: { Term: 5 } }],
    ['a question without a number', 'requestIdZero', { ReadIndexRequest: { Term: 5 } }],
    ['a question of no term', 'termZero', { ReadIndexRequest: { RequestId: 5 } }],
    ['no index', 'responseContradiction', readIndex({ Index: 0 })],
    ['an index in a refusal', 'responseContradiction', readIndex({ Success: false })],
    ['an answer to no question', 'requestIdZero', readIndex({ RequestId: 0 })],
    ['a transfer of no term', 'termZero', { TimeoutNowRequest: {} }],
    ['entries that start late', 'entriesContradiction', entries([5, 2])],
    ['entries that start early', 'entriesContradiction', entries([3, 2])],
    ['entries without an index', 'entriesContradiction', entries([0, 2])],
    ['a gap', 'entriesContradiction', entries([4, 2], [6, 2])],
    ['a repeated entry', 'entriesContradiction', entries([4, 2], [4, 2])],
    ['an entry of no term', 'entriesContradiction', entries([4, 0])],
    [
      'a first entry of no term',
      'entriesContradiction',
      request({ PrevLogIndex: 0, PrevLogTerm: 0, Entries: [{ Index: 1 }] }),
    ],
    ['a term below the one before', 'entriesContradiction', entries([4, 1])],
    ['terms that decrease', 'entriesContradiction', entries([4, 4], [5, 3])],
    ['a term above the leader’s', 'entriesContradiction', entries([4, 5], [5, 6])],
    ['an unknown kind', 'entryKindUnknown', request({ Entries: [{ Index: 4, Term: 2, Kind: 4 }] })],
    [
      'a command in both places',
      'entryKindUnknown',
      request({ Entries: [{ Index: 4, Term: 2, Kind: 1, CommandName: 'x', Command: [1] }] }),
    ],
    [
      'a command in the wrong place',
      'entryKindUnknown',
      request({ Entries: [{ Index: 4, Term: 2, Command: [1] }] }),
    ],
    [
      'a success with a hint',
      'responseContradiction',
      response({ Success: true, RequestId: 1, HintIndex: 1, HintTerm: 1 }),
    ],
    [
      'a success with half a hint',
      'responseContradiction',
      response({ Success: true, RequestId: 1, HintTerm: 1 }),
    ],
    ['a failure with a match', 'responseContradiction', response({ RequestId: 1, MatchIndex: 1 })],
    ['half a hint', 'responseContradiction', response({ RequestId: 1, HintIndex: 1 })],
    [
      'the other half, of no past term',
      'responseContradiction',
      response({ RequestId: 1, HintTerm: 5 }),
    ],
    [
      'a hint of a later term',
      'responseContradiction',
      response({ RequestId: 1, HintIndex: 1, HintTerm: 6 }),
    ],
    ['a snapshot of nothing', 'snapshotContradiction', chunk({ LastIndex: 0, LastTerm: 0 })],
    ['a snapshot of a later term', 'snapshotContradiction', chunk({ LastTerm: 6 })],
    ['a chunk beyond its snapshot', 'snapshotContradiction', chunk({ Offset: 6 })],
    ['an empty chunk', 'snapshotContradiction', chunk({ Data: [] })],
    ['a snapshot without a configuration', 'snapshotContradiction', chunk({ Configuration: [] })],
    ['a chunk that nobody can answer', 'snapshotContradiction', chunk({ RequestId: 0 })],
    [
      'an answer to no chunk',
      'responseContradiction',
      { InstallSnapshotResponse: { Term: 5, BytesStored: 1 } },
    ],
  ])('%s: %s', (_, reason, fields) => {
    expect(reasonOf(fields)).toBe(reason)
  })

  test.each<[string, Fields]>([
    ['the request they are made from', request({})],
    ['entries that follow on', entries([4, 2], [5, 2], [6, 5])],
    ['the ballot they are made from', ballot({})],
    ['a candidate whose last entry is of its own term', ballot({ LastLogTerm: 5 })],
    ['a success', response({ Success: true, RequestId: 1, MatchIndex: 9 })],
    ['a success of nothing', response({ Success: true, RequestId: 1 })],
    ['a failure with a hint', response({ RequestId: 1, HintIndex: 9, HintTerm: 5 })],
    ['a failure without one', response({ RequestId: 1 })],
  ])('while %s is taken', (_, fields) => {
    expect(reasonOf(fields)).toBe('message')
  })

  test('an answer without a request id says nothing but success or failure', () => {
    const decoded = decode(ours.encode(response({ Success: true, MatchIndex: 9, HintTerm: 7 })))
    expect(decoded).toMatchObject({
      message: { success: true, requestId: 0, matchIndex: 0, hintIndex: 0, hintTerm: 0 },
    })
  })

  test('text in Command is a command all the same', () => {
    const fields = request({ Entries: [{ Index: 4, Term: 2, Kind: 1, Command: [0x78] }] })
    expect(decode(ours.encode(fields))).toMatchObject({
      message: { entries: [{ kind: 'command', command: Uint8Array.of(0x78) }] },
    })
  })
})

describe('what is no message', () => {
  test.each<[string, string, string]>([
    ['nothing at all', 'noMember', ''],
    ['a member of a later version', 'noMember', 'a2 06 02 08 01'],
    ['Hops alone', 'noMember', '80 01 01'],
    ['a member of another wire type', 'noMember', '28 01'],
    ['an empty command', 'emptyCommand', '2a 00'],
    ['a command that is replaced by an empty one', 'emptyCommand', '2a 01 78 2a 00'],
    ['a command that is no UTF-8', 'notText', '2a 02 c3 28'],
    ['a surrogate in UTF-8', 'notText', '2a 03 ed a0 80'],
    ['a slash in two bytes', 'notText', '2a 02 c0 af'],
    ['a leader’s name that is no UTF-8', 'notText', '0a 05 08 01 2a 01 ff'],
    ['a number of 2^53', 'numberTooLarge', '22 09 08 80 80 80 80 80 80 80 10'],
    ['a number of 2^64 - 1', 'numberTooLarge', '22 0b 08 ff ff ff ff ff ff ff ff ff 01'],
    ['a number of eleven bytes', 'malformed', '22 0c 08 81 80 80 80 80 80 80 80 80 80 00'],
    ['an unknown number of eleven bytes', 'malformed', '30 81 80 80 80 80 80 80 80 80 80 00'],
    ['an unknown number above 64 bits', 'malformed', '30 ff ff ff ff ff ff ff ff ff 02'],
    ['a number that outgrows its message', 'malformed', '22 02 08 ff ff ff ff ff ff ff ff 7f'],
    ['field number 0', 'malformed', '00 00'],
    ['wire type 6', 'malformed', '36 00'],
    ['wire type 7', 'malformed', '37 00'],
    ['the end of a group that was not begun', 'malformed', '34'],
    ['a group that does not end', 'malformed', '33 08 01'],
    ['a group that ends as another', 'malformed', '33 08 01 3c'],
    ['a length past the end', 'malformed', '2a 05 78'],
    ['a length of 2^32 - 1', 'malformed', '2a ff ff ff ff 0f'],
    ['a field that outgrows its message', 'malformed', '22 03 08 01 3a 05 78 78 78 78 78'],
    ['a tag of six bytes', 'malformed', 'b0 80 80 80 80 00 01'],
    ['a text', 'malformed', Buffer.from('handshake from localhost:2000').toString('hex')],
    [
      'the JSON that later courses use',
      'malformed',
      Buffer.from('{"Command":"x"}').toString('hex'),
    ],
  ])('%s: %s', (_, reason, hex) => {
    expect(reasonOfHex(hex)).toBe(reason)
  })

  test('the largest number, in eight bytes and in ten, is taken', () => {
    const term = Number.MAX_SAFE_INTEGER
    for (const hex of [
      '22 09 08 ff ff ff ff ff ff ff 0f',
      '22 0b 08 ff ff ff ff ff ff ff 8f 80 00',
    ]) {
      expect(decode(fromHex(hex))).toMatchObject({ kind: 'message', message: { term } })
    }
  })

  test('groups in groups are skipped to a depth, and no deeper', () => {
    const nested = (depth: number): Uint8Array =>
      Uint8Array.from([...Array(depth).fill(0x33), ...Array(depth).fill(0x34), 0x2a, 1, 0x78])
    expect(decode(nested(50)).kind).toBe('command')
    expect(decode(nested(200))).toEqual({ kind: 'invalid', reason: 'malformed' })
    expect(decode(nested(32_000))).toEqual({ kind: 'invalid', reason: 'malformed' })
  })

  test('the fullest datagram of the smallest entries is refused like a small one', () => {
    const entries = new Array(32_699).fill([0x32, 0]).flat()
    const bytes = Uint8Array.from([0x0a, 0xf8, 0xfe, 0x03, 0x08, 1, ...entries])
    expect(bytes.length).toBe(65_404)
    expect(decode(bytes)).toEqual({ kind: 'invalid', reason: 'entriesContradiction' })
  })
})

describe('from an address that is no server', () => {
  test('a command is taken', () => {
    expect(decodeDatagram(golden('command'), null, us).kind).toBe('command')
  })

  test.each(goldenNames.filter((name) => !name.startsWith('command')))('%s is not', (name) => {
    const decoded = decodeDatagram(golden(name), null, us)
    expect(decoded).toEqual({ kind: 'invalid', reason: 'notFromServer' })
  })
})

describe('noise', () => {
  const valid = goldenNames.map(golden)

  test('a hundred thousand random datagrams: never a throw', () => {
    const random = new Random('wire/noise')
    const reasons = new Set<string>()
    let taken = 0
    for (let i = 0; i < 100_000; i++) {
      const decoded = decode(noise(random))
      if (decoded.kind === 'invalid') reasons.add(decoded.reason)
      else taken++
    }
    // Noise that met only one check would prove little.
    expect([...reasons].sort()).toEqual(
      invalidReasons.filter((reason) => reason !== 'notFromServer').sort(),
    )
    expect(taken).toBeGreaterThan(100)
  })

  /**
   * A vector with a few bytes changed, or bytes at random; some of these begin as a message does.
   */
  function noise(random: Random): Uint8Array {
    if (random.chance(0.5)) {
      const changed = Uint8Array.from(random.pick(valid))
      for (let changes = random.integer(1, 3); changes > 0; changes--) {
        changed[random.integer(0, changed.length - 1)] = random.integer(0, 255)
      }
      return changed
    }
    const body = Uint8Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 255))
    if (random.chance(0.5)) return body
    return Uint8Array.from([random.pick([0x0a, 0x12, 0x1a, 0x22, 0x2a]), body.length, ...body])
  }
})

test('protobufjs itself is left as it was, for whoever else uses it', () => {
  const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)
  expect(String(new protobuf.Reader(bytes).uint64())).toBe('18446744073709551615')
  expect(protobuf.util.Long).toBeTypeOf('function')
})
