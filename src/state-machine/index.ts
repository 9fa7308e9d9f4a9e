/** What a log drives; see each file. */
export { Applier, ApplyError } from './applier.ts'
export { CommandLog, entryLine, type LineSink } from './command-log.ts'
export type { StateMachine } from './state-machine.ts'
