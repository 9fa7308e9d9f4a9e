/** Every question that a server is asked by itself. */
import type { Check } from './check.ts'
import { courseChecks } from './course.ts'
import { followingChecks } from './following.ts'
import { leadingChecks } from './leading.ts'
import { voteChecks } from './votes.ts'

export type { Check } from './check.ts'

export const checks: readonly Check[] = [
  ...voteChecks,
  ...followingChecks,
  ...leadingChecks,
  ...courseChecks,
]
