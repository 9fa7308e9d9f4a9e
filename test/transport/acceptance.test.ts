/** The acceptance suite on UDP in its several settings, on TCP, and on the plainest of all. */
import { transportAcceptance } from '../ports/transport-acceptance.ts'
import { memoryCluster } from './memory-network.ts'
import { tcpCluster } from './tcp-cluster.ts'
import { hasIPv6, loopback, udpCluster } from './udp-cluster.ts'

transportAcceptance('memory', 1_000_000, async (count) => memoryCluster(count))

transportAcceptance('UDP on one address', 65_507, (count) =>
  udpCluster(Array(count).fill('127.0.0.1')),
)

transportAcceptance('UDP on aliases of one machine', 65_507, () =>
  udpCluster(['127.0.0.1', loopback(2), 'localhost']),
)

// On a machine without IPv6, IPv4 must do.
transportAcceptance('UDP on IPv6', 65_507, (count) =>
  udpCluster(Array(count).fill(hasIPv6 ? '::1' : '127.0.0.1')),
)

transportAcceptance('UDP on both families', 65_507, () =>
  udpCluster(['127.0.0.1', hasIPv6 ? '::1' : 'localhost', loopback(2)]),
)

transportAcceptance('UDP bound to all addresses', 65_507, () =>
  udpCluster(['127.0.0.1', 'localhost', loopback(2)], { bindAddress: '0.0.0.0' }),
)

transportAcceptance('TCP', 16 * 1024 * 1024, tcpCluster)
