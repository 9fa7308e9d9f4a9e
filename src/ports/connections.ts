/**
 * Connections between clients and servers: whole frames, in order, each at most once, for as long
 * as the connection lives, which may end at any time. What a frame says is not this port's; the
 * real one is TCP, and the simulator plays it too. Nothing here ever throws, and no handler is ever
 * called from inside a call of ours.
 */

/** One end of a connection. */
export interface Connection {
  /**
   * Takes a frame to send. False where it was not taken: too much waits already, the frame is
   * larger than the connection takes, or it is closed. True promises nothing more than the order:
   * only an answer tells that it arrived. The bytes may not be changed afterwards.
   */
  send(frame: Uint8Array): boolean
  /**
   * Ends it. What was taken before is still sent, as far as the other end takes it soon. No frame
   * is handed over after this; `closed` still comes, once.
   */
  close(): void
  /** The other end's `host:port`, for people. */
  readonly remote: string
}

/** What the one who holds a connection is told. */
export interface ConnectionHandlers {
  /** A frame has arrived; the bytes are the receiver's to keep. */
  frame(bytes: Uint8Array): void
  /** It is over, for whatever reason: told exactly once, last of all. Null: nothing was wrong. */
  closed(error: Error | null): void
}

/** What the one who made a connection is told. */
export interface ConnectionEvents extends ConnectionHandlers {
  /** The other end has taken it. Frames may be sent before, and then wait for this. */
  opened(): void
}

export interface Dialer {
  /** Makes a connection to `host:port`. A failure is told by `closed`, without `opened` before. */
  connect(address: string, events: ConnectionEvents): Connection
}

/** Takes a connection that somebody else has made, and says whom to tell of it. */
export type Listener = (connection: Connection) => ConnectionHandlers
