/** What may be tuned, with the bounds that make it work; the text names none of them. */
import { assert } from '../base/assert.ts'
import type { Milliseconds } from './types.ts'

export interface AlpoOptions {
  /**
   * So long does a server wait for its leader, drawn anew from [min, max] each time. The text has
   * "time of receipt of the last request from the leader" and no more; Raft's lecture draws from
   * [T, 2T], and we give ALPO's elections the same chance, so that what fails is not our timing.
   */
  readonly electionTimeoutMinMs: Milliseconds
  readonly electionTimeoutMaxMs: Milliseconds
  readonly heartbeatIntervalMs: Milliseconds
}

export const defaultOptions: AlpoOptions = {
  electionTimeoutMinMs: 150,
  electionTimeoutMaxMs: 300,
  heartbeatIntervalMs: 50,
}

export function alpoOptions(given: Partial<AlpoOptions> = {}): AlpoOptions {
  const options = { ...defaultOptions, ...given }
  const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = options
  assert(heartbeatIntervalMs > 0, 'heartbeats are some time apart')
  assert(heartbeatIntervalMs < electionTimeoutMinMs, 'a heartbeat comes before every timeout')
  assert(electionTimeoutMinMs <= electionTimeoutMaxMs, 'timeouts are drawn from min to max')
  return options
}
