// Loaded into a server's process before anything else: where there is a file `DIR.full` beside a
// directory DIR, nothing can be made in DIR, as on a disk that is full. What is there can be
// written to.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname } from 'node:path'

function check(path, flags) {
  const makes = typeof flags === 'string' && flags.startsWith('w')
  if (!makes || typeof path !== 'string' || !fs.existsSync(`${dirname(path)}.full`)) return
  throw Object.assign(new Error('ENOSPC: no space left on device, open'), { code: 'ENOSPC' })
}

const { open } = fs.promises
fs.promises.open = async (path, flags, ...rest) => {
  check(path, flags)
  return open(path, flags, ...rest)
}
const { openSync } = fs
fs.openSync = (path, flags, ...rest) => {
  check(path, flags)
  return openSync(path, flags, ...rest)
}
syncBuiltinESMExports()
