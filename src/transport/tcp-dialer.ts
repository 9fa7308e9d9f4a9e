/**
 * A client's connections over TCP: the port of src/ports/connections.ts in the real world.
 */
import type { Socket } from 'node:net'
import type { Connection, ConnectionEvents, Dialer } from '../ports/index.ts'
import { ByteBudget } from './byte-budget.ts'
import type { ControlFrame } from './control-frame.ts'
import { ConnectionError, systemCode } from './errors.ts'
import { FramedSocket, type SharedByConnections } from './framed-socket.ts'
import { Sweeper } from './sweeper.ts'
import {
  defaultTcpDialerOptions,
  type Given,
  hostAndPort,
  type TcpDialerOptions,
  withDefaults,
} from './tcp-options.ts'

export class TcpDialer implements Dialer {
  readonly #options: TcpDialerOptions
  readonly #shared: SharedByConnections

  /** Throws a {@link TransportError} where an option cannot be. */
  constructor(options: Given<TcpDialerOptions> = {}) {
    this.#options = withDefaults(defaultTcpDialerOptions, options)
    const { sweepMs, buffersBytesMax } = this.#options
    this.#shared = { sweeper: new Sweeper(sweepMs), budget: new ByteBudget(buffersBytesMax) }
  }

  /** Connections that are not closed. */
  get connections(): number {
    return this.#shared.sweeper.size
  }

  connect(address: string, events: ConnectionEvents): Connection {
    let socket: Socket
    try {
      const { host, port } = hostAndPort(address)
      socket = this.#options.connect(host, port)
    } catch (error) {
      return failedConnection(address, error, events)
    }
    const connection = new FramedSocket(socket, address, this.#options.limits, this.#shared, {
      opened: () => events.opened(),
      frame: (bytes) => events.frame(bytes),
      control: (frame) => abandonFor(connection, frame),
      closed: (error) => events.closed(error),
    })
    return connection
  }
}

/** A server says nothing to a client but why it will have none of it. */
function abandonFor(connection: FramedSocket, frame: ControlFrame | null): void {
  if (frame?.kind === 'refusal') connection.abandon(frame.code, frame.text)
  else
    connection.abandon('NOT_OUR_PROTOCOL', `${connection.remote} does not speak as a server does`)
}

/** A connection that never was; what is wrong with it is told later, as of any other. */
export function failedConnection(
  remote: string,
  error: unknown,
  events: Pick<ConnectionEvents, 'closed'>,
): Connection {
  const reason =
    error instanceof ConnectionError
      ? error
      : new ConnectionError('CONNECT_FAILED', `cannot connect to ${remote} (${systemCode(error)})`)
  setImmediate(() => events.closed(reason))
  return { remote, send: () => false, close: () => undefined }
}
