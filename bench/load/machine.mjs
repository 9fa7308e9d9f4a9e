/** What a figure was measured on: without it no figure means anything. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

export function machine(directory) {
  const processors = cpus()
  return {
    cpu: `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    kontiki: version(),
    disk: fileSystemOf(directory),
    loadBefore: loadavg().map((load) => Number(load.toFixed(2))),
    at: new Date().toISOString(),
  }
}

function version() {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)))
  try {
    const options = { encoding: 'utf8', cwd: new URL('.', import.meta.url), stdio: 'pipe' }
    return `${version} ${execFileSync('git', ['describe', '--always', '--dirty'], options).trim()}`
  } catch {
    return version
  }
}

function fileSystemOf(directory) {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' }
    const lines = execFileSync('df', ['-T', directory], options).trim().split('\n')
    const [device, kind] = (lines.at(-1) ?? '').split(/\s+/)
    return `${kind} on ${device}`
  } catch {
    return 'unknown'
  }
}
