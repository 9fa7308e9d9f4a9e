/** From a failure to a short play; see each file. */
export { defaultHunt, type HuntOptions, hunt } from './hunt.ts'
export { type Performed, play } from './play.ts'
export { type Broken, shrink } from './shrink.ts'
export { writeScenario } from './write.ts'
