/** Dice for what must differ between processes and starts. */
import { randomBytes } from 'node:crypto'
import { Random } from '../base/random.ts'

export function makeRandom(): Random {
  return new Random(randomBytes(16).toString('hex'))
}
