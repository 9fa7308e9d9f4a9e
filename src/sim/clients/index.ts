/** The clients of a simulated cluster; see each file. */
export { Clients } from './clients.ts'
export { type ClientsOptions, drawClients } from './clients-options.ts'
export { clientsOf, connectionsOf } from './of-world.ts'
export type { Probe } from './prober.ts'
