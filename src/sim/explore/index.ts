/** The exhaustive explorer of the pure core; see explore.ts. */
export type { Exploration, FoundBreach, Progress } from './explore.ts'
export { explore } from './explore.ts'
export type { Scope } from './scope.ts'
export { defaultScope } from './scope.ts'
