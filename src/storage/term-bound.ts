/**
 * `terms.json`: a term below which all stay that the log has ever saved, written before it is
 * reached. It says what damage to the log cannot hide: in which terms this server may have voted.
 * Beside it stands from which term on its log counts, where the log was given up for damage and is
 * filled again by the others; the reasons are in docs/decisions/0009-filled-again.md.
 */
import { bytesEqual, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import type { Term } from '../raft/index.ts'
import { corrupt, diskFailed, type StorageError } from './errors.ts'
import { formatVersion, hex32, type LogId, requireFormat } from './segment.ts'

export interface TermBound {
  /** No term from here on has been saved. */
  readonly below: Term
  /** The log was begun anew, and counts once it has an entry of this term or a later one; 0. */
  readonly refillTerm: Term
  /** It is being given up: what there is of it goes, whatever it holds. */
  readonly isClearing: boolean
}

export const termBoundName = 'terms.json'

/** So far ahead is the bound written: elections take years to get there, and seldom as much. */
export const termMargin: Term = 2 ** 20

/** Null where none was ever written, as by an earlier version. Throws where it is damaged. */
export function readTermBound(disk: Disk, logId: LogId, checksum: Checksum): TermBound | null {
  if (!disk.list().includes(termBoundName)) return null
  const bytes = disk.read(termBoundName)
  const content = decode(bytes)
  if (content === null || !bytesEqual(bytes, encode(logId, content, checksum))) {
    const what = 'the file is damaged, of another log, or was changed by hand'
    throw corrupt(disk.path, termBoundName, 0, what)
  }
  requireFormat(disk.path, termBoundName, content.format)
  return content
}

/** Durable when it returns. */
export function writeTermBound(
  disk: Disk,
  logId: LogId,
  bound: TermBound,
  checksum: Checksum,
): void {
  const bytes = encode(logId, { ...bound, format: formatVersion }, checksum)
  disk.create(termBoundName, bytes, bytes.length)
}

/** The bound of a log that is open: raised before a term is saved that reaches it. */
export class TermLimit {
  readonly #disk: Disk
  readonly #logId: LogId
  readonly #checksum: Checksum
  #bound: TermBound

  constructor(disk: Disk, logId: LogId, bound: TermBound, checksum: Checksum) {
    this.#disk = disk
    this.#logId = logId
    this.#bound = bound
    this.#checksum = checksum
  }

  isReachedBy(term: Term): boolean {
    return term >= this.#bound.below
  }

  /** Calls back once the term may be saved. */
  raise(term: Term, done: (error: StorageError | null) => void): void {
    const raised = { ...this.#bound, below: term + termMargin }
    const bytes = encode(this.#logId, { ...raised, format: formatVersion }, this.#checksum)
    this.#disk.createLater(termBoundName, bytes, bytes.length, (cause, file) => {
      file?.close()
      if (cause !== null) {
        done(diskFailed(this.#disk.path, 'write', termBoundName, null, cause))
        return
      }
      this.#bound = raised
      done(null)
    })
  }
}

interface Content extends TermBound {
  readonly format: number
}

/** One text for each content, so that any other text is damage. */
function encode(logId: LogId, content: Content, checksum: Checksum): Uint8Array {
  const { format, below, refillTerm, isClearing } = content
  const all = { format, logId, below, refillTerm, isClearing }
  const sum = hex32(checksum(utf8Encode(JSON.stringify(all)), 0))
  return utf8Encode(`${JSON.stringify({ ...all, checksum: sum }, null, 2)}\n`)
}

function decode(bytes: Uint8Array): Content | null {
  const text = utf8Decode(bytes)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isContent(value) ? value : null
  } catch {
    return null
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  const { format, below, refillTerm, isClearing } = value as Record<string, unknown>
  if (typeof format !== 'number' || typeof isClearing !== 'boolean') return false
  return Number.isSafeInteger(below) && Number.isSafeInteger(refillTerm)
}
