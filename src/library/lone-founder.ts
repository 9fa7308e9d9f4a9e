/**
 * A server that founds a cluster alone. Those that found together learn from each other when one
 * has lost its directory; this one has nobody to ask, and an emptied directory would begin a second
 * cluster beside the first. But the members of the first look for it by what they know: so it
 * listens for them before it founds, and stops whenever one of them is heard.
 */
import { type Configuration, serversOf } from '../raft/index.ts'
import { defaultTcpTransportOptions, type TcpRefusal } from '../transport/index.ts'
import { joinAgain } from './refusals.ts'

/**
 * How long it listens. Whoever runs and has found nobody here tries again within `backoffMaxMs`; as
 * much again as half of that is for the connection itself.
 */
export const listeningMs: number = 1.5 * defaultTcpTransportOptions.backoffMaxMs

/** Where it stands, when a member of another cluster comes for it. */
export interface LoneFounder {
  readonly id: string
  readonly address: string
  /** The id of what it has founded; null where that is still to come. */
  readonly founded: string | null
  readonly configuration: Configuration
}

/** Its directory is not the one by which its cluster knows it. */
export class SecondClusterError extends Error {
  readonly code = 'DATA_LOST'
  override readonly name = 'SecondClusterError'
}

/**
 * Null where the one who was refused knows of no other directory of ours. Where others take part
 * with us, somebody has added them, and wants this cluster: the refusal is told, and that is all.
 */
export function secondClusterError(
  { peer, formerCluster }: TcpRefusal,
  { id, address, founded, configuration }: LoneFounder,
): SecondClusterError | null {
  const isAlone = serversOf(configuration).every((other) => other === id)
  if (formerCluster === null || !isAlone) return null
  const here =
    founded === null
      ? 'nothing is founded'
      : `what it has as cluster ${founded}, which it founded alone, is not in that one`
  return new SecondClusterError(
    `server ${peer} of cluster ${formerCluster} knows server ${id} as a member with another data ` +
      'directory than this one: that was emptied, or is not in its place; ' +
      `${here}; this server stops; ${joinAgain(id, address)}`,
  )
}
