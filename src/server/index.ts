/** The driver; see each file. */
export { Saver } from './saver.ts'
export { Server, type ServerParts } from './server.ts'
