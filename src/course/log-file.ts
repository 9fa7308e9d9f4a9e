/**
 * The log file (C14): the committed commands, one line each, appended once each and in order. A
 * restarted server is handed the whole sequence again, so what the file already holds is compared
 * with it, line by line, and writing goes on where the file ends; a last line that was torn by a
 * crash is completed. The log on stable storage is what counts: this file is not synced, and could
 * be made anew from it at any time.
 */
import { assert } from '../base/assert.ts'
import { bytesEqual, noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { LineSink } from '../state-machine/index.ts'

/** A file as this needs it. Nobody else may write to it. */
export interface LineFile {
  /** For messages. */
  readonly path: string
  /** Its length when it was opened. */
  readonly size: number
  /** Up to `length` bytes from `position`; fewer only at the end. Throws where it cannot. */
  read(position: number, length: number): Uint8Array
  /**
   * Writes all of `bytes`; `done` is called later, once. One call at a time. Where there is no
   * space the error's `code` says so, as the system does.
   */
  write(bytes: Uint8Array, position: number, done: (error: Error | null) => void): void
  close(): void
}

/** The file holds something else than what was committed, or cannot be written. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError'
  readonly code: 'DIFFERS' | 'IO'

  constructor(code: 'DIFFERS' | 'IO', message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

/** How much of the existing file is read at once. */
const readAheadBytes = 64 * 1024

/** How much of a line is shown in a message. */
const shownCharactersMax = 60

/**
 * Characters that may wait for space on the disk: a minute of a busy cluster. Past it the server
 * stops: its log on stable storage is what counts, and the file is completed from it.
 */
const waitingCharactersMax = 64 * 1024 * 1024

export interface LogFileParts {
  readonly file: LineFile
  /** Calls back later: `Clock.soon`. */
  readonly soon: (callback: () => void) => void
  /**
   * Calls back some milliseconds later. Writes rest so long between them: under load each turn has
   * lines, and a write costs as much as fifty of them. One call at a time.
   */
  readonly rest: (callback: () => void) => void
  /** As {@link rest}, some hundreds of milliseconds: there is no space on the disk. */
  readonly restWithoutSpace: (callback: () => void) => void
  /** There is none, or again some: said once each time. */
  readonly space: (text: string) => void
  /** The file cannot be written; nothing more is. */
  readonly failed: (error: LogFileError) => void
}

export class LogFile implements LineSink {
  readonly #parts: LogFileParts
  /** Where the next line stands, as long as the existing file is compared. */
  #position = 0
  #lines = 0
  /** A piece of the existing file, and where it begins there. */
  #ahead: Uint8Array = noBytes
  #aheadAt = 0
  /** Lines that came since the last write began: the next write, and where it belongs. */
  #waiting = ''
  #writeAt = 0
  #state: 'idle' | 'due' | 'writing' | 'resting' | 'failed' | 'closed' = 'idle'
  #closed: (() => void) | null = null
  #lacksSpace = false

  constructor(parts: LogFileParts) {
    this.#parts = parts
  }

  /** The next line. Throws {@link LogFileError} where the file holds another in its place. */
  line(text: string): void {
    assert(this.#closed === null, 'nothing is appended after close')
    this.#lines += 1
    if (this.#position >= this.#parts.file.size || !this.#isThere(text)) this.#append(`${text}\n`)
  }

  /** Calls back once what was appended is written, or never will be, and the file is let go. */
  close(closed: () => void): void {
    assert(this.#closed === null, 'a log file is closed once')
    this.#closed = closed
    this.#closeWhenQuiet()
  }

  #append(line: string): void {
    if (this.#state === 'failed') return
    this.#waiting += line
    if (this.#state !== 'idle') return
    this.#state = 'due'
    this.#parts.soon(() => this.#write())
  }

  /** All that came in this turn, or since the write before, in one write. */
  #write(): void {
    assert(this.#waiting !== '', 'there is something to write')
    this.#state = 'writing'
    const text = this.#waiting
    const bytes = utf8Encode(text)
    this.#waiting = ''
    this.#parts.file.write(bytes, this.#writeAt, (error) => {
      if (error !== null && this.#mayWait(error)) this.#waitForSpace(text, bytes.length)
      else this.#written(error)
    })
    this.#writeAt += bytes.length
  }

  #mayWait(error: Error): boolean {
    return isFull(error) && this.#closed === null && this.#waiting.length <= waitingCharactersMax
  }

  /** The same is written again at the same place, with what comes until then behind it. */
  #waitForSpace(text: string, bytes: number): void {
    const { file, space, restWithoutSpace } = this.#parts
    this.#waiting = text + this.#waiting
    this.#writeAt -= bytes
    this.#state = 'resting'
    if (!this.#lacksSpace) space(`no space for ${file.path}: its lines wait until there is some`)
    this.#lacksSpace = true
    restWithoutSpace(() => this.#rested())
  }

  #written(error: Error | null): void {
    const { file, failed, rest, space } = this.#parts
    if (error === null && this.#lacksSpace) {
      this.#lacksSpace = false
      space(`there is space again for ${file.path}: nothing is missing in it`)
    }
    if (error !== null) {
      this.#state = 'failed'
      this.#waiting = ''
      const what = `cannot write to ${file.path}: ${error.message}`
      failed(new LogFileError('IO', `${what}; see to the disk and start the server again`))
    } else {
      this.#state = 'resting'
      if (this.#closed === null) rest(() => this.#rested())
    }
    this.#closeWhenQuiet()
  }

  #rested(): void {
    if (this.#state !== 'resting') return // It was closed meanwhile.
    this.#state = 'idle'
    if (this.#waiting !== '') this.#write()
  }

  #closeWhenQuiet(): void {
    if (this.#closed === null || this.#state === 'due' || this.#state === 'writing') return
    if (this.#waiting !== '') {
      this.#write()
      return
    }
    const closed = this.#closed
    this.#state = 'closed'
    this.#parts.file.close()
    this.#parts.soon(closed)
  }

  /**
   * True where the existing file has this line. A last line that is torn is written again as a
   * whole: what it has is the same.
   */
  #isThere(text: string): boolean {
    const bytes = utf8Encode(`${text}\n`)
    this.#compare(bytes, text)
    const isWhole = this.#position + bytes.length <= this.#parts.file.size
    this.#writeAt = isWhole ? this.#position + bytes.length : this.#position
    this.#position += bytes.length
    return isWhole
  }

  #compare(bytes: Uint8Array, text: string): void {
    const existing = this.#existing(Math.min(bytes.length, this.#parts.file.size - this.#position))
    if (bytesEqual(existing, bytes.subarray(0, existing.length))) return
    const { path } = this.#parts.file
    throw new LogFileError(
      'DIFFERS',
      `${path}:${this.#lines}: the file has ${this.#existingLine()}, but ${shown(text)} was ` +
        'committed; the file is of another run: move it aside and start the server again',
    )
  }

  /** The existing file's bytes from the line's place on. */
  #existing(length: number): Uint8Array {
    const from = this.#position - this.#aheadAt
    if (from < 0 || from + length > this.#ahead.length) {
      this.#ahead = this.#parts.file.read(this.#position, Math.max(length, readAheadBytes))
      this.#aheadAt = this.#position
      if (this.#ahead.length < length) {
        const { path } = this.#parts.file
        throw new LogFileError('DIFFERS', `${path} became shorter while the server was reading it`)
      }
      return this.#ahead.subarray(0, length)
    }
    return this.#ahead.subarray(from, from + length)
  }

  #existingLine(): string {
    const bytes = this.#parts.file.read(this.#position, shownCharactersMax * 4)
    const end = bytes.indexOf(0x0a)
    return shown(utf8Decode(bytes.subarray(0, end === -1 ? bytes.length : end)))
  }
}

function shown(line: string | null): string {
  if (line === null) return 'something that is no text'
  const short = line.length > shownCharactersMax ? `${line.slice(0, shownCharactersMax)}...` : line
  return JSON.stringify(short)
}

/** No space, over quota, or past the largest file that the process may write. */
function isFull(error: Error): boolean {
  return 'code' in error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(error.code as string)
}
