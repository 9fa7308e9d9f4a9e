/**
 * What can be wrong with stable storage through no fault of our code: one line each, with the file,
 * the offset and what to do. Broken invariants of our own are assertions instead.
 */

/**
 * `CORRUPT`: the directory holds something that no crash can leave. `LOST`: files are missing.
 * `IDENTITY_MISMATCH`: it belongs to another server or cluster. `FORMAT_UNKNOWN`: a later version
 * wrote it. `FULL`: no space. `IO`: the disk failed. `TOO_LARGE`: see `frameBytesMax`.
 * `INVALID_OPTION`: the caller asked for what cannot be.
 */
export type StorageErrorCode =
  | 'CORRUPT'
  | 'LOST'
  | 'IDENTITY_MISMATCH'
  | 'FORMAT_UNKNOWN'
  | 'FULL'
  | 'IO'
  | 'TOO_LARGE'
  | 'INVALID_OPTION'

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode
  /** The name in the directory, and the place in the file, where there is one. */
  readonly file: string | null
  readonly offset: number | null

  constructor(
    code: StorageErrorCode,
    message: string,
    file: string | null = null,
    offset: number | null = null,
    options: ErrorOptions = {},
  ) {
    super(message, options)
    this.code = code
    this.file = file
    this.offset = offset
  }
}

/** Damage. Nothing has been changed, so that whoever repairs it finds all that is left. */
export function corrupt(path: string, file: string, offset: number, what: string): StorageError {
  return new StorageError(
    'CORRUPT',
    `${path}/${file} at offset ${offset}: ${what}; nothing was changed; keep this directory ` +
      'aside, and let the server join again as a new one (docs/storage-format.md)',
    file,
    offset,
  )
}

/** A failed call of the disk. What was acknowledged before stays durable. */
export function diskFailed(
  path: string,
  doing: string,
  file: string | null,
  offset: number | null,
  cause: unknown,
): StorageError {
  const full = isFull(cause)
  const where = file === null ? path : `${path}/${file}`
  const place = offset === null ? '' : ` at offset ${offset}`
  const reason = cause instanceof Error ? cause.message : String(cause)
  const remedy = full
    ? 'make room on the disk and start the server again'
    : 'see to the disk, then start the server again'
  return new StorageError(
    full ? 'FULL' : 'IO',
    `cannot ${doing} ${where}${place}: ${reason}; nothing that was acknowledged is lost; ${remedy}`,
    file,
    offset,
    { cause },
  )
}

/** No space, over quota, or past the largest file that the process may write. */
export function isFull(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false
  return cause.code === 'ENOSPC' || cause.code === 'EDQUOT' || cause.code === 'EFBIG'
}
