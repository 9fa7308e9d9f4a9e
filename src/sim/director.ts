/** Who strikes at a simulated cluster, as its world knows it. */
import type { SimServer } from './sim-server.ts'

/** Who strikes, and puts right again; told of occasions to do so. */
export interface Director {
  /** The server has gone down by itself. */
  wentDown(server: SimServer): void
  /** It has become leader. */
  becameLeader(server: SimServer): void
  /** It has accepted a proposal. */
  accepted(server: SimServer): void
}
