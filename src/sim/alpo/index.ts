/** ALPO in the simulated world; see docs/alpo.md. */
export { type BreachKind, expectedBreaches, knownBreaches } from './breaches.ts'
export { alpoFaults } from './nemesis.ts'
export { type AlpoResult, runAlpoSeed } from './run.ts'
export { type AlpoFinding, AlpoSurvey, type UnknownBreach } from './survey.ts'
