// Builds dist/: generates the protobuf code when its .proto is newer, compiles what changed, puts
// the generated code beside what was compiled, and removes what was compiled from sources that are
// gone, which would end up in the package. With --generate it stops after the first
// step; other arguments go to tsc: `node scripts/build.mjs src/wire` builds a part.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const generated = join(root, 'src/wire/generated')
const script = fileURLToPath(import.meta.url)

function run(script, args) {
  const result = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (result.status !== 0) {
    console.error(`build: ${script} failed`)
    process.exit(1)
  }
}

function newer(source, target) {
  return !existsSync(target) || statSync(source).mtimeMs > statSync(target).mtimeMs
}

function removeOrphans(folder) {
  for (const item of readdirSync(join(root, 'dist', folder), { withFileTypes: true })) {
    const path = join(folder, item.name)
    const source = item.isDirectory() ? path : path.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    const isOurs = item.isDirectory() || source !== path
    if (isOurs && path !== join('wire', 'generated') && !existsSync(join(root, 'src', source))) {
      rmSync(join(root, 'dist', path), { recursive: true })
    } else if (item.isDirectory() && path !== join('wire', 'generated')) {
      removeOrphans(path)
    }
  }
}

mkdirSync(generated, { recursive: true })
for (const file of readdirSync(join(root, 'proto')).filter((name) => name.endsWith('.proto'))) {
  const name = file.replace(/\.proto$/, '')
  const source = join(root, 'proto', file)
  const code = join(generated, `${name}.js`)
  const types = join(generated, `${name}.d.ts`)
  if (!newer(source, types) && !newer(script, types)) continue
  run('protobufjs-cli/bin/pbjs', [
    ...['--target', 'static-module', '--wrap', 'es6', '--es6'],
    ...['--keep-case', '--force-number', '--no-create', '--no-verify', '--no-convert'],
    ...['--no-delimited', '--no-typeurl', '--no-service'],
    // protobufjs keeps its roots in one place for the whole process: ours must not meet another's.
    ...['--root', `kontiki/${name}`, '--out', code, source],
  ])
  run('protobufjs-cli/bin/pbts', ['--out', types, code])
}
if (process.argv.includes('--generate')) process.exit(0)

run('typescript/bin/tsc', ['-b', ...process.argv.slice(2)])
cpSync(generated, join(root, 'dist/wire/generated'), { recursive: true })
removeOrphans('')
writeFileSync(join(root, 'dist/.built'), '')
