/**
 * The files that a run is kept in and compared with. Both are looked at before anything is
 * measured: nobody is to wait for figures that cannot be shown or kept.
 */
import { closeSync, openSync, readFileSync } from 'node:fs'

/** A file that cannot be used; the message is one line. */
export class UnusableFile extends Error {}

/** What `--json` wrote earlier. */
export function readRun(file) {
  let run
  try {
    run = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = String(error.message).replace(/\s*\n\s*/g, ' ')
    throw new UnusableFile(`cannot read --compare ${file}: ${reason}`)
  }
  if (!Array.isArray(run?.figures) || !run.figures.every(isFigure)) {
    throw new UnusableFile(`--compare ${file} was not written by --json: it holds no figures`)
  }
  return run
}

/** JSON has null for a figure that could not be taken. */
function isFigure(figure) {
  const { key, value, unit } = figure ?? {}
  const isNumber = value === null || value === undefined || typeof value === 'number'
  return typeof key === 'string' && isNumber && (unit === undefined || typeof unit === 'string')
}

/** Leaves what is there as it is, until there is something to write. */
export function requireWritable(file) {
  try {
    closeSync(openSync(file, 'a'))
  } catch (error) {
    throw new UnusableFile(`cannot write --json ${file}: ${error.message}`)
  }
}
