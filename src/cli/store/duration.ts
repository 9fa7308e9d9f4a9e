/** Times on the command line: `5s`, `250ms`, `2m`, or a number of seconds. */
import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** A parser for commander: milliseconds in [low, high]. */
export function duration(lowMs: number, highMs: number): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text)
    const ms = match === null ? Number.NaN : Number(match[1]) * (units[match[2] ?? 's'] ?? 1)
    if (ms >= lowMs && ms <= highMs) return ms
    const bounds = `from ${durationText(lowMs)} to ${durationText(highMs)}`
    throw new InvalidArgumentError(`It must be a time such as 5s or 250ms, ${bounds}.`)
  }
}

/** As it would be given: in the largest unit that says it in whole numbers. */
export function durationText(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000}m`
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
