// Makes a clone ready to run: installs from the lock file and builds, each only when needed.
// It has no dependency, since it runs before there are any. With --install-only it does not build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules/.kontiki-installed')
const built = join(root, 'dist/.built')

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`kontiki needs Node 20.19 or later; this is ${process.version}`)
  process.exit(1)
}

function run(command, args, what) {
  console.error(`kontiki: ${what}`)
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) process.exit(1)
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  run(
    'npm',
    ['ci', '--no-fund', '--no-audit', '--loglevel=error'],
    'installing from package-lock.json',
  )
  writeFileSync(stamp, lock)
}

if (process.argv.includes('--install-only')) process.exit(0)

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(path)
      .filter((name) => name !== 'generated')
      .map((name) => newest(join(path, name))),
  )
}

const sources = ['src', 'proto', 'tsconfig.json', 'tsconfig.base.json', 'scripts/build.mjs', stamp]
const changed = Math.max(
  ...sources.map((path) => newest(path.startsWith('/') ? path : join(root, path))),
)
if (!existsSync(built) || statSync(built).mtimeMs < changed) {
  run(process.execPath, [join(root, 'scripts/build.mjs')], 'building')
}
