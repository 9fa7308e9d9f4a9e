/**
 * Who may speak to whom: what is checked of a hello, and of the welcome that answers it. What one
 * side does not know, an empty name or an incarnation of 0, is not checked. Incarnations are judged
 * in base/incarnation.ts. Who is to found a cluster, and with whom, is not known here; see
 * `TcpTransportEvents.objection`.
 */
import { isAccepted } from '../base/incarnation.ts'
import type { Hello, RefusalCode, TcpIdentity } from './control-frame.ts'
import { ConnectionError } from './errors.ts'

/**
 * Why a server is not let in; null where nothing speaks against it. `connectedAs`: who of its name
 * is connected already.
 */
export function refusalOf(
  { from, to, toIncarnation }: Hello,
  us: TcpIdentity,
  expectedIncarnation: number,
  connectedAs: TcpIdentity | null,
): [RefusalCode, string] | null {
  if (differs(from.clusterId, us.clusterId)) {
    return ['OTHER_CLUSTER', `cluster ${from.clusterId} is not ours, which is ${us.clusterId}`]
  }
  if (to !== us.serverId) return ['OTHER_SERVER', `this is ${us.serverId}, not ${to}`]
  if (from.serverId === us.serverId) return ['SAME_SERVER', `${to} is our own name`]
  if (!isAccepted(from, toIncarnation, us)) {
    return ['OTHER_INCARNATION', `${to} no longer has the data directory that you know`]
  }
  if (isAccepted(us, expectedIncarnation, from)) return null
  if (connectedAs?.incarnation === expectedIncarnation) {
    return ['NAME_TAKEN', `${from.serverId} runs with the data directory that it has promised with`]
  }
  return ['DATA_LOST', `${from.serverId} no longer has the data directory that we know`]
}

/** Why the one who answered is not whom we want; null where nothing speaks against it. */
export function objectionTo(identity: TcpIdentity, wanted: TcpIdentity): ConnectionError | null {
  if (differs(identity.clusterId, wanted.clusterId)) {
    const text = `${wanted.serverId} is in cluster ${identity.clusterId}, not in ours`
    return new ConnectionError('OTHER_CLUSTER', text)
  }
  if (identity.serverId !== wanted.serverId) {
    const text = `${identity.serverId} answered in place of ${wanted.serverId}`
    return new ConnectionError('OTHER_SERVER', text)
  }
  if (isAccepted(wanted, wanted.incarnation, identity)) return null
  const text = `${wanted.serverId} no longer has the data directory that we know`
  return new ConnectionError('OTHER_INCARNATION', text)
}

const aboutIdentity: readonly string[] = [
  'OTHER_CLUSTER',
  'OTHER_SERVER',
  'OTHER_INCARNATION',
  'SAME_SERVER',
  'DATA_LOST',
  'NOT_FOUNDED',
  'DATA_OLD',
  'OTHER_COPY',
  'NAME_TAKEN',
]

/** True of what an operator must hear of: it does not go away by trying again. */
export function isAboutIdentity(code: string): boolean {
  return aboutIdentity.includes(code)
}

/** True where both are known, and are not the same. */
function differs<Value extends string | number>(one: Value, other: Value): boolean {
  return Boolean(one) && Boolean(other) && one !== other
}
