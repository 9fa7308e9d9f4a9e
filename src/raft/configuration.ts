/**
 * Who takes part (§4.1). For now the configuration is fixed and every server votes.
 */
import { assert } from '../base/assert.ts'
import type { ServerId } from './types.ts'

export interface Configuration {
  /** The servers whose votes and acknowledgements count, this one among them. */
  readonly voters: readonly ServerId[]
}

/** A configuration of these voters. They must be distinct and have names. */
export function configuration(voters: readonly ServerId[]): Configuration {
  assert(voters.length > 0, 'a configuration has a voter')
  assert(new Set(voters).size === voters.length, 'each voter is named once')
  for (const voter of voters) assert(voter !== '', 'a voter has a name')
  return { voters: [...voters] }
}
