/** Experiments that answer the lecture's questions by running the core; see docs/lecture.md. */
import { electionTimeout } from './election-timeout.ts'
import { noTerm } from './no-term.ts'
import { performed } from './performed.ts'
import { ranking } from './ranking.ts'
import type { Experiment } from './report.ts'

export type {
  Axis,
  Chart,
  Experiment,
  Measured,
  Performed,
  Report,
  Series,
  Table,
} from './report.ts'

export const experiments: readonly Experiment[] = [electionTimeout, ranking, noTerm, ...performed]
