/** Numbers on the command line: whole, within bounds, and refused with the bounds named. */
import { InvalidArgumentError } from 'commander'

/** A parser for commander: a whole number in [low, high]. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= low && value <= high) return value
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`)
  }
}
