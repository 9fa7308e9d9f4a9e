/**
 * Frames in a stream, however it is cut up: what the outbox writes, the reader reads; and the
 * frames of the transport's own.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { ByteBudget } from '../../src/transport/byte-budget.ts'
import {
  decodeControlFrame,
  encodeHello,
  encodeRefusal,
  encodeWelcome,
  type Hello,
  isName,
  refusalCodes,
  type TcpIdentity,
} from '../../src/transport/control-frame.ts'
import { FrameReader } from '../../src/transport/frame-reader.ts'
import { batchBytesMax, Outbox } from '../../src/transport/outbox.ts'

interface Frame {
  readonly bytes: Uint8Array
  readonly isControl: boolean
}

function written(frames: readonly Frame[]): { stream: Buffer; batches: Uint8Array[][] } {
  const outbox = new Outbox()
  for (const { bytes, isControl } of frames) outbox.add(bytes, isControl)
  const batches: Uint8Array[][] = []
  while (outbox.bytes > 0) batches.push(outbox.takeBatch())
  expect(outbox.takeBatch()).toEqual([])
  return { stream: Buffer.concat(batches.flat()), batches }
}

/** The frames in `chunks`, copied as they come. */
function readAll(chunks: Iterable<Uint8Array>, frameBytesMax = 1_000_000): Frame[] {
  const frames: Frame[] = []
  const budget = new ByteBudget(Number.MAX_SAFE_INTEGER)
  const reader = new FrameReader(frameBytesMax, budget, (bytes, isControl) => {
    frames.push({ bytes: Uint8Array.from(bytes), isControl })
  })
  for (const chunk of chunks) expect(reader.read(chunk)).toBeNull()
  expect(reader.isMidFrame).toBe(false)
  expect(reader.frames).toBe(frames.length)
  expect(budget.bytes).toBe(0)
  return frames
}

/** Compared as bytes: `toEqual` takes its time over each of a million numbers. */
function expectSame(frames: readonly Frame[], expected: readonly Frame[]): void {
  expect(frames.length).toBe(expected.length)
  for (const [i, { bytes, isControl }] of frames.entries()) {
    const other = expected[i] as Frame
    expect(Buffer.compare(bytes, other.bytes), `frame ${i}`).toBe(0)
    expect(isControl).toBe(other.isControl)
  }
}

function* cut(stream: Uint8Array, lengths: Iterable<number>): Iterable<Uint8Array> {
  let at = 0
  for (const length of lengths) {
    yield stream.subarray(at, at + length)
    at += length
  }
  yield stream.subarray(at)
}

const small = fc.uint8Array({ maxLength: 40 })
const anyFrames = fc.array(
  fc.record({
    bytes: fc.oneof(
      { weight: 8, arbitrary: small },
      {
        weight: 1,
        arbitrary: fc.nat(200_000).map((length) => new Uint8Array(length).fill(length & 0xff)),
      },
    ),
    isControl: fc.constant(false),
  }),
  { maxLength: 40 },
)

describe('what is written is read', () => {
  test('cut anywhere, in order and whole', () => {
    fc.assert(
      fc.property(anyFrames, fc.array(fc.oneof(fc.nat(9), fc.nat(100_000))), (frames, lengths) => {
        const { stream, batches } = written(frames)
        expectSame(readAll(cut(stream, lengths)), frames)
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          expect(Buffer.concat(batch).length).toBeLessThanOrEqual(batchBytesMax)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('byte by byte', () => {
    const frames = ['', 'a', 'x'.repeat(5000), 'bc'].map((text, i) => ({
      bytes: Uint8Array.from(Buffer.from(text)),
      isControl: i % 2 === 1,
    }))
    const { stream } = written(frames)
    expectSame(readAll(Array.from(stream, (byte) => Uint8Array.of(byte))), frames)
  })

  test('frames that are added while others leave keep their places', () => {
    const outbox = new Outbox()
    const random = new Random('outbox')
    const [sent, pieces] = [[] as Frame[], [] as Uint8Array[]]
    for (let i = 0; i < 2000; i++) {
      const length = random.chance(0.02) ? random.integer(4000, 400_000) : random.integer(0, 50)
      const frame = { bytes: new Uint8Array(length).fill(i & 0xff), isControl: false }
      outbox.add(frame.bytes, false)
      sent.push(frame)
      if (random.chance(0.3)) pieces.push(...outbox.takeBatch())
    }
    while (outbox.bytes > 0) pieces.push(...outbox.takeBatch())
    expectSame(readAll(pieces), sent)
  })

  test('small frames leave in one piece, large ones uncopied', () => {
    const large = new Uint8Array(50_000)
    const frames = [1, 2, 3].map((byte) => ({ bytes: Uint8Array.of(byte), isControl: false }))
    expect(written(frames).batches.map((batch) => batch.length)).toEqual([1])
    const around = [frames[0], { bytes: large, isControl: false }, frames[1]] as Frame[]
    const [pieces] = written(around).batches
    expect(pieces).toHaveLength(3)
    expect(pieces?.[1]?.buffer).toBe(large.buffer)
  })
})

describe('what cannot be read on', () => {
  const read = (reader: FrameReader, ...chunks: number[][]): (string | null)[] =>
    chunks.map((chunk) => reader.read(Uint8Array.from(chunk)))

  test('a frame above its limit is noticed before anything of it is kept', () => {
    const budget = new ByteBudget(1000)
    const taken: Uint8Array[] = []
    const reader = new FrameReader(5, budget, (bytes) => taken.push(bytes))
    expect(read(reader, [0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0])).toEqual([null])
    expect(read(reader, [6])).toEqual(['frameTooLarge'])
    expect(taken).toHaveLength(1)
    expect(budget.bytes).toBe(0)
    expect(read(reader, [0, 0, 0, 1, 9])).toEqual([null])
    expect(taken).toHaveLength(1)
  })

  test('one of the transport’s own has a limit of its own', () => {
    const reader = new FrameReader(1_000_000, new ByteBudget(1000), () => undefined)
    expect(read(reader, [0x80, 0, 0x08, 0x01])).toEqual(['frameTooLarge'])
  })

  test('a length is not believed: what is held is at most twice what has arrived', () => {
    const budget = new ByteBudget(Number.MAX_SAFE_INTEGER)
    const reader = new FrameReader(2 ** 30, budget, () => undefined)
    expect(read(reader, [0x3f, 0, 0, 0])).toEqual([null])
    expect(budget.bytes).toBeLessThanOrEqual(1024)
    let arrived = 0
    for (let i = 0; i < 200; i++) {
      arrived += 999
      expect(reader.read(new Uint8Array(999))).toBeNull()
      expect(budget.bytes).toBeLessThanOrEqual(2 * arrived + 1024)
    }
    reader.stop()
    expect(budget.bytes).toBe(0)
  })

  test('many frames that are not whole share one bound', () => {
    const budget = new ByteBudget(3000)
    const readers = [1, 2, 3].map(() => new FrameReader(10_000, budget, () => undefined))
    const problems = readers.map((reader) => reader.read(Uint8Array.of(0, 0, 0x20, 0, 1)))
    expect(problems).toEqual([null, null, 'noRoom'])
    readers[0]?.stop()
    expect(budget.bytes).toBe(1024)
  })

  test('whoever takes a frame may stop the rest', () => {
    const taken: number[] = []
    const reader = new FrameReader(5, new ByteBudget(1000), (bytes) => {
      taken.push(bytes[0] as number)
      reader.stop()
    })
    expect(read(reader, [0, 0, 0, 1, 7, 0, 0, 0, 1, 8, 0])).toEqual([null])
    expect(taken).toEqual([7])
  })
})

describe('the frames of the transport’s own', () => {
  const hello: Hello = {
    kind: 'hello',
    lane: 'bulk',
    from: {
      clusterId: 'Grüße',
      serverId: 'server1',
      incarnation: Number.MAX_SAFE_INTEGER,
      standing: 'joining',
      settledIndex: 300,
      isNamed: true,
      life: { start: 4, startId: 2 ** 32 - 1, term: 9, lastIndex: 70_000, refillTerm: 8 },
    },
    address: '10.0.0.1:7000',
    to: 'server2',
    toIncarnation: 1,
  }

  test('a hello, byte by byte', () => {
    const from: TcpIdentity = {
      clusterId: 'c',
      serverId: 's1',
      incarnation: 258,
      standing: 'founding',
      settledIndex: 259,
      isNamed: true,
      life: { start: 1, startId: 258, term: 2, lastIndex: 3, refillTerm: 4 },
    }
    const small: Hello = { ...hello, from, address: '', to: 's2', toIncarnation: 0 }
    const who = [1, 0x63, 2, 0x73, 0x31, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 3, 1]
    const life = [1, 258, 2, 3, 4].flatMap((n) => [0, 0, 0, 0, 0, 0, Math.floor(n / 256), n % 256])
    const whom = [0, 2, 0x73, 0x32, 0, 0, 0, 0, 0, 0, 0, 0]
    expect([...encodeHello(small)]).toEqual([3, 2, 1, ...who, ...life, ...whom])
  })

  test('are read as they were written', () => {
    expect(decodeControlFrame(encodeHello(hello))).toEqual(hello)
    const identity = hello.from
    expect(decodeControlFrame(encodeWelcome(identity))).toEqual({ kind: 'welcome', identity })
    for (const code of refusalCodes) {
      const refusal = { kind: 'refusal', code, text: 'why' }
      expect(decodeControlFrame(encodeRefusal(code, 'why'))).toEqual(refusal)
    }
    expect(decodeControlFrame(Uint8Array.of(1))).toEqual({ kind: 'ping' })
    expect(decodeControlFrame(Uint8Array.of(2))).toEqual({ kind: 'pong' })
  })

  test('a text that is too long is cut, whatever it is of', () => {
    const frame = decodeControlFrame(encodeRefusal('NO_ROOM', '\u0800'.repeat(300)))
    expect(frame).toMatchObject({ kind: 'refusal', text: '\u0800'.repeat(85) })
    const said = (text: string) => decodeControlFrame(encodeRefusal('NO_ROOM', text))
    expect(said('x'.repeat(300))).toMatchObject({ text: 'x'.repeat(255) })
    expect(said('x'.repeat(255))).toMatchObject({ text: 'x'.repeat(255) })
    expect(said(`${'x'.repeat(253)}\u0800`)).toMatchObject({ text: 'x'.repeat(253) })
    expect(said(`${'x'.repeat(252)}\u0800y`)).toMatchObject({ text: `${'x'.repeat(252)}\u0800` })
  })

  test('cut short, too long, or of another version they say nothing', () => {
    for (const bytes of [encodeHello(hello), encodeWelcome(hello.from)]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeControlFrame(bytes.subarray(0, length))).toBeNull()
      }
      expect(decodeControlFrame(Uint8Array.of(...bytes, 0))).toBeNull()
      expect(
        decodeControlFrame(Uint8Array.of(bytes[0] as number, 3, ...bytes.subarray(2))),
      ).toBeNull()
    }
    expect(decodeControlFrame(Uint8Array.of(9))).toBeNull()
    expect(decodeControlFrame(Uint8Array.of(5, refusalCodes.length, 0))).toBeNull()
  })

  test('noise is never a throw', () => {
    const random = new Random('control-noise')
    for (let i = 0; i < 20_000; i++) {
      const changed = Uint8Array.from(encodeHello(hello))
      for (let n = random.integer(1, 4); n > 0; n--) {
        changed[random.integer(0, changed.length - 1)] = random.integer(0, 255)
      }
      const frame = decodeControlFrame(changed)
      if (frame?.kind !== 'hello') continue
      expect(Number.isSafeInteger(frame.toIncarnation)).toBe(true)
      expect(isName(frame.to)).toBe(true)
    }
  })
})
