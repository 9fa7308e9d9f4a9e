/** The log file over a file of our own: what is written, compared and completed (C14). */
import { describe, expect, test } from 'vitest'
import { type LineFile, LogFile, LogFileError } from '../../src/course/index.ts'

/** A file in memory, and the turns of an event loop that are due. */
class FakeFile implements LineFile {
  readonly path = 'the.log'
  readonly size: number
  bytes: Buffer
  readonly writes: string[] = []
  isClosed = false
  /** The next write ends in this. */
  error: Error | null = null
  readonly #due: (() => void)[] = []
  #resting: (() => void) | null = null

  constructor(text: string) {
    this.bytes = Buffer.from(text)
    this.size = this.bytes.length
  }

  readonly soon = (callback: () => void): void => {
    this.#due.push(callback)
  }

  readonly rest = (callback: () => void): void => {
    expect(this.#resting).toBe(null)
    this.#resting = callback
  }

  /** The rest after a write is over. */
  wake(): void {
    const callback = this.#resting
    this.#resting = null
    callback?.()
  }

  read(position: number, length: number): Uint8Array {
    return Uint8Array.from(this.bytes.subarray(position, position + length))
  }

  write(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void {
    expect(position).toBeLessThanOrEqual(this.bytes.length)
    this.writes.push(Buffer.from(bytes).toString())
    const { error } = this
    if (error === null) {
      this.bytes = Buffer.concat([this.bytes.subarray(0, position), bytes])
    }
    this.soon(() => done(error))
  }

  close(): void {
    this.isClosed = true
  }

  get text(): string {
    return this.bytes.toString()
  }

  turn(): void {
    for (const callback of this.#due.splice(0)) callback()
  }

  settle(): void {
    while (this.#due.length > 0 || this.#resting !== null) {
      this.turn()
      this.wake()
    }
  }
}

interface Opened {
  file: FakeFile
  log: LogFile
  failures: LogFileError[]
  said: string[]
}

function open(text = ''): Opened {
  const file = new FakeFile(text)
  const failures: LogFileError[] = []
  const said: string[] = []
  const { soon, rest } = file
  const log = new LogFile({
    file,
    soon,
    rest,
    restWithoutSpace: rest,
    space: (what) => said.push(what),
    failed: (error) => failures.push(error),
  })
  return { file, log, failures, said }
}

const lines = ['1,2,insert', '1,3,größe', '3,7,select']
const whole = lines.map((line) => `${line}\n`).join('')

describe('writing (C14)', () => {
  test('the lines of one turn are one write, in order', () => {
    const { file, log } = open()
    for (const line of lines) log.line(line)
    expect(file.writes).toEqual([])
    file.settle()
    expect(file.writes).toEqual([whole])
    expect(file.text).toBe(whole)
  })

  test('what comes during a write is the next one', () => {
    const { file, log } = open()
    log.line('1,2,a')
    file.turn()
    log.line('1,3,b')
    log.line('1,4,c')
    file.settle()
    log.line('1,5,d')
    file.settle()
    expect(file.writes).toEqual(['1,2,a\n', '1,3,b\n1,4,c\n', '1,5,d\n'])
    expect(file.text).toBe('1,2,a\n1,3,b\n1,4,c\n1,5,d\n')
  })

  test('what comes in the rest after a write is one write at its end', () => {
    const { file, log } = open()
    log.line('1,2,a')
    file.turn()
    file.turn()
    for (const line of ['1,3,b', '1,4,c', '1,5,d']) {
      log.line(line)
      file.turn()
    }
    expect(file.writes).toEqual(['1,2,a\n'])
    file.wake()
    expect(file.writes).toEqual(['1,2,a\n', '1,3,b\n1,4,c\n1,5,d\n'])
  })

  test('a file that is closed in its rest is written to its end at once', () => {
    const { file, log } = open()
    log.line('1,2,a')
    file.turn()
    file.turn()
    log.line('1,3,b')
    let closings = 0
    log.close(() => {
      closings += 1
    })
    file.turn()
    file.turn()
    expect([closings, file.isClosed, file.text]).toEqual([1, true, '1,2,a\n1,3,b\n'])
    file.wake()
    expect([closings, file.writes.length]).toEqual([1, 2])
  })

  test('a file that is closed is written to its end first', () => {
    const { file, log } = open()
    log.line('1,2,a')
    file.turn()
    log.line('1,3,b')
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    expect([isClosed, file.isClosed]).toEqual([false, false])
    file.settle()
    expect([isClosed, file.isClosed]).toEqual([true, true])
    expect(file.text).toBe('1,2,a\n1,3,b\n')
  })

  test('a write that fails is told once, and nothing more is written', () => {
    const { file, log, failures } = open()
    file.error = new Error('EIO: input/output error')
    log.line('1,2,a')
    file.turn()
    log.line('1,3,b')
    file.settle()
    log.line('1,4,c')
    file.settle()
    expect(file.writes).toEqual(['1,2,a\n'])
    expect(failures.map(({ message }) => message)).toEqual([
      'cannot write to the.log: EIO: input/output error; ' +
        'see to the disk and start the server again',
    ])
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    file.settle()
    expect(isClosed).toBe(true)
  })
})

describe('no space on the disk', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

  test('the lines wait, in their order, and nothing is missing once there is some', () => {
    const { file, log, failures, said } = open()
    log.line('1,2,a')
    file.settle()
    file.error = full
    log.line('1,3,b')
    file.turn()
    log.line('1,4,c')
    for (let i = 0; i < 3; i++, file.wake()) file.turn()
    expect(file.text).toBe('1,2,a\n')
    file.error = null
    file.settle()
    expect(file.text).toBe('1,2,a\n1,3,b\n1,4,c\n')
    expect(failures).toEqual([])
    expect(said).toEqual([
      'no space for the.log: its lines wait until there is some',
      'there is space again for the.log: nothing is missing in it',
    ])
  })

  test('a file that is closed meanwhile is told so: it is completed at the next start', () => {
    const { file, log, failures } = open()
    file.error = full
    log.line('1,2,a')
    file.turn()
    file.turn()
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    file.settle()
    expect(isClosed).toBe(true)
    expect(failures.map(({ code }) => code)).toEqual(['IO'])
  })
})

describe('an existing file', () => {
  test.each(Array.from({ length: Buffer.byteLength(whole) + 1 }, (_, length) => length))(
    'of %i bytes is completed, never doubled and never written from the start',
    (length) => {
      const existing = Buffer.from(whole).subarray(0, length)
      const { file, log } = open()
      file.bytes = existing
      Object.assign(file, { size: length })
      for (const line of lines) log.line(line)
      file.settle()
      expect(file.text).toBe(whole)
      const kept = lines.filter((_, i) => {
        const end = Buffer.byteLength(
          lines
            .slice(0, i + 1)
            .map((line) => `${line}\n`)
            .join(''),
        )
        return end <= length
      })
      const added = lines
        .slice(kept.length)
        .map((line) => `${line}\n`)
        .join('')
      expect(file.writes).toEqual(added === '' ? [] : [added])
    },
  )

  test('that is ahead of what has been applied again is left as it is', () => {
    const { file, log } = open(whole)
    log.line(lines[0] as string)
    file.settle()
    expect(file.writes).toEqual([])
    expect(file.text).toBe(whole)
  })

  test('with another line in it stops the server, by file and line', () => {
    const { file, log } = open('1,2,insert\n1,3,other\n3,7,select\n')
    log.line('1,2,insert')
    expect(() => log.line('2,3,insert')).toThrow(LogFileError)
    expect(() => log.line('2,3,insert')).toThrow(
      'the.log:3: the file has "1,3,other", but "2,3,insert" was committed; ' +
        'the file is of another run: move it aside and start the server again',
    )
    file.settle()
    expect(file.writes).toEqual([])
  })

  test('with something else as its torn last line, or longer lines, differs too', () => {
    expect(() => open('1,2,ins').log.line('1,2,select')).toThrow(
      'the.log:1: the file has "1,2,ins"',
    )
    expect(() => open('1,2,insert-all\n').log.line('1,2,insert')).toThrow(
      'the file has "1,2,insert-all", but "1,2,insert" was committed',
    )
    expect(() => open('\u0000'.repeat(100)).log.line('1,2,insert')).toThrow(/\\u0000/)
  })

  test('longer than what is read at once is compared to its end', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `1,${i + 1},command-${i}`)
    const text = many.map((line) => `${line}\n`).join('')
    const same = open(text)
    for (const line of many) same.log.line(line)
    same.log.line('1,20001,new')
    same.file.settle()
    expect(same.file.writes).toEqual(['1,20001,new\n'])
    const other = open(text.replace('command-19999', 'command-1999X'))
    expect(() => {
      for (const line of many) other.log.line(line)
    }).toThrow('the.log:20000: ')
  })
})
