/**
 * Why a directory cannot be a server's, in words for whoever chose it. What is not known here is
 * told as the system says it.
 */

const reasons: Readonly<Record<string, (path: string) => string>> = {
  EACCES: (path) => `this user may not write to ${path}`,
  EPERM: (path) => `this user may not write to ${path}`,
  EEXIST: (path) => `${path} is there, and is not a directory`,
  ENOTDIR: (path) => `a part of ${path} is there, and is not a directory`,
  EROFS: (path) => `${path} is on a file system that is read-only`,
  ENOSPC: (path) => `there is no room for ${path}`,
  ENAMETOOLONG: (path) => `the name ${path} is too long`,
}

/** One line. `path` is the directory; the error may be about one above it. */
export function directoryProblem(path: string, error: unknown): Error {
  const { code, path: where, message } = error as NodeJS.ErrnoException
  const reason = reasons[code ?? '']?.(where ?? path) ?? message ?? String(error)
  return new Error(`cannot use the data directory ${path}: ${reason}`, { cause: error })
}
