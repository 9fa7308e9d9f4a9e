/**
 * Any message that a correct server may send, for properties.
 */
import fc from 'fast-check'
import {
  type AppendEntriesRequest,
  appendEntriesRequest,
  configuration,
  type Entry,
  type EntryKind,
  encodeConfiguration,
  entry,
  installSnapshotRequest,
  installSnapshotResponse,
  type Message,
  preVoteRequest,
  preVoteResponse,
  readIndexRequest,
  readIndexResponse,
  requestVoteRequest,
  requestVoteResponse,
  snapshot,
  timeoutNowRequest,
} from '../../src/raft/index.ts'
import { peer, us } from './vectors.ts'

/** Small, at the edges of a varint's lengths, and up to the largest there is. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc
    .tuple(fc.integer({ min: 1, max: 52 }), fc.constantFrom(-1, 0, 1))
    .map(([bits, step]) => Math.max(1, 2 ** bits + step)),
  fc.maxSafeInteger().map((number) => Math.max(1, Math.abs(number))),
)

export const anyCommand: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.string({ unit: 'grapheme-ascii' }).map((text) => Uint8Array.from(Buffer.from(text))),
  fc.string({ unit: 'binary' }).map((text) => Uint8Array.from(Buffer.from(text))),
  fc.uint8Array({ maxLength: 200 }),
)

const anyId = fc.oneof(fc.constant(0), anyNumber)

/** What the entries are made of: how far the term steps, and the command, or null for a no-op. */
const anyKind: fc.Arbitrary<EntryKind> = fc.constantFrom(
  'command',
  'command',
  'session',
  'configuration',
)

const steps = fc.array(
  fc.tuple(fc.constantFrom(0, 0, 0, 1, 200), fc.option(anyCommand, { nil: null }), anyKind),
  { maxLength: 20 },
)

export const anyAppendEntriesRequest: fc.Arbitrary<AppendEntriesRequest> = fc
  .tuple(fc.option(fc.tuple(anyNumber, anyNumber), { nil: null }), steps, anyId, anyId, anyId)
  .map(([prev, entrySteps, termStep, leaderCommit, requestId]) => {
    const room = Number.MAX_SAFE_INTEGER - 10_000
    const [prevLogIndex, prevLogTerm] = (prev ?? [0, 0]).map((number) => Math.min(number, room))
    let term = Math.max(1, prevLogTerm as number)
    const entries: Entry[] = entrySteps.map(([step, command, kind], i) => {
      term += step
      const index = (prevLogIndex as number) + 1 + i
      return command === null
        ? entry(index, term, 'noop', new Uint8Array(0))
        : entry(index, term, kind, command)
    })
    const leaderTerm = Math.min(Number.MAX_SAFE_INTEGER, term + termStep)
    const [index, before] = [prevLogIndex as number, prevLogTerm as number]
    return appendEntriesRequest(
      us,
      peer,
      leaderTerm,
      index,
      before,
      entries,
      leaderCommit,
      requestId,
    )
  })

const anyAppendEntriesResponse: fc.Arbitrary<Message> = fc
  .tuple(
    anyNumber,
    fc.boolean(),
    anyId,
    anyId,
    fc.option(anyNumber, { nil: null }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([term, success, requestId, matchIndex, hint, isObsolete, isFull]) => ({
    kind: 'appendEntriesResponse',
    from: us,
    to: peer,
    term,
    success,
    requestId,
    matchIndex: success && requestId > 0 ? matchIndex : 0,
    hintIndex: success || requestId === 0 || hint === null || isObsolete ? 0 : hint,
    hintTerm:
      success || requestId === 0 || hint === null
        ? 0
        : Math.min(hint, isObsolete ? term - 1 : term),
    diskIsFull: requestId > 0 && isFull,
  }))

const anyRequestVoteRequest: fc.Arbitrary<Message> = fc
  .tuple(anyNumber, fc.option(fc.tuple(anyNumber, anyNumber), { nil: null }), anyId, fc.boolean())
  .map(([term, last, requestId, isTransfer]) => {
    const [lastLogIndex, lastLogTerm] = last ?? [0, 0]
    const lastTerm = Math.min(lastLogTerm, term)
    return requestVoteRequest(us, peer, term, lastLogIndex, lastTerm, requestId, isTransfer)
  })

const anyRequestVoteResponse: fc.Arbitrary<Message> = fc
  .tuple(anyNumber, fc.boolean(), anyId)
  .map(([term, granted, requestId]) =>
    requestVoteResponse({ from: peer, to: us, requestId }, term, granted),
  )

const anyConfiguration = fc
  .uniqueArray(fc.constantFrom('s1', 's2', 'localhost:2000', '[::1]:7'), { minLength: 1 })
  .map((voters) => encodeConfiguration(configuration(voters)))

const anyChecksum = fc.integer({ min: 0, max: 2 ** 32 - 1 })

const anyInstallSnapshotRequest: fc.Arbitrary<Message> = fc
  .tuple(
    fc.tuple(anyNumber, anyNumber, anyNumber, anyNumber),
    anyConfiguration,
    anyChecksum,
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.boolean(),
  )
  .map(([[term, lastIndex, lastTerm, place], configurationBytes, checksum, data, isEmpty]) => {
    const offset = isEmpty ? 0 : Math.min(place - 1, Number.MAX_SAFE_INTEGER - 1000)
    const chunk = isEmpty ? new Uint8Array(0) : data
    const size = offset + chunk.length + (isEmpty ? 0 : checksum % 3)
    const last = Math.min(term, lastTerm)
    const taken = snapshot(lastIndex, last, configurationBytes, size, checksum)
    return installSnapshotRequest(us, peer, term, taken, offset, chunk, checksum >>> 1, place)
  })

const anyInstallSnapshotResponse: fc.Arbitrary<Message> = fc
  .tuple(anyNumber, anyNumber, anyId, anyId)
  .map(([term, requestId, bytesStored, matchIndex]) =>
    installSnapshotResponse({ from: peer, to: us, requestId }, term, bytesStored, matchIndex),
  )

const anyPreVoteRequest: fc.Arbitrary<Message> = fc
  .tuple(anyNumber, fc.option(fc.tuple(anyNumber, anyNumber), { nil: null }), anyNumber)
  .map(([currentTerm, last, requestId]) => {
    const term = Math.min(currentTerm, Number.MAX_SAFE_INTEGER - 1)
    const [lastLogIndex, lastLogTerm] = last ?? [0, 0]
    const lastTerm = Math.min(lastLogTerm, term)
    return preVoteRequest(us, peer, term + 1, lastLogIndex, lastTerm, requestId)
  })

const anyPreVoteResponse: fc.Arbitrary<Message> = fc
  .tuple(anyId, fc.boolean(), anyNumber)
  .map(([term, granted, requestId]) =>
    preVoteResponse({ from: peer, to: us, requestId }, term, granted),
  )

const anyReadIndexResponse: fc.Arbitrary<Message> = fc
  .tuple(anyNumber, anyNumber, fc.option(anyNumber, { nil: null }))
  .map(([term, requestId, index]) => readIndexResponse(us, peer, term, requestId, index))

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  anyPreVoteRequest,
  anyPreVoteResponse,
  fc.tuple(anyNumber, anyNumber).map(([term, id]) => readIndexRequest(us, peer, term, id)),
  anyReadIndexResponse,
  anyNumber.map((term) => timeoutNowRequest(us, peer, term)),
  anyAppendEntriesRequest,
  anyAppendEntriesResponse,
  anyRequestVoteRequest,
  anyRequestVoteResponse,
  anyInstallSnapshotRequest,
  anyInstallSnapshotResponse,
)
