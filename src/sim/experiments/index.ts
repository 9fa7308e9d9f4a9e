/** Experiments that answer the lecture's questions by running the core; see docs/lecture.md. */
import { electionTimeout } from './election-timeout.ts'
import { noTerm } from './no-term.ts'
import { ranking } from './ranking.ts'
import type { Experiment } from './report.ts'

export type { Axis, Chart, Experiment, Report, Series, Table } from './report.ts'

/** In the order of the lecture's questions, as far as they have one. */
export const experiments: readonly Experiment[] = [electionTimeout, ranking, noTerm]
