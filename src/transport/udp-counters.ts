/**
 * What has happened to datagrams, in numbers: for operators and tests. Nothing is decided by them.
 */

/** What has happened to datagrams since the start. Only grows. */
export interface UdpCounters {
  /** Handed to the operating system, which may still lose them. */
  sent: number
  sentBytes: number
  /** Of those handed over: above `datagramBytesMax`, so probably cut up on the way. */
  sentOversize: number
  /** Not sent: above what UDP carries; the queue is full; we are not started, or stopped. */
  sendDroppedTooLarge: number
  sendDroppedQueueFull: number
  sendDroppedNotRunning: number
  /** Not sent: no such peer. */
  sendDroppedUnknownServer: number
  /** Answers to clients among those sent, and those that were not sent, for whatever reason. */
  answersSent: number
  answersDropped: number
  /** Not sent: refused by the operating system, such as EMSGSIZE and ENETUNREACH. */
  sendErrors: number
  received: number
  receivedBytes: number
  /** Of those received: from an address that is no server's. */
  receivedFromClients: number
  /** Received, and dropped for newer ones while they waited for their turn. */
  receiveDroppedFromServers: number
  receiveDroppedFromClients: number
  /** Told by the operating system without saying of what. */
  socketErrors: number
  /** Times the names were resolved again, and names that did not resolve then, or not usably. */
  resolutions: number
  resolutionFailures: number
}

/** All of them at 0. */
export function udpCounters(): UdpCounters {
  return {
    sent: 0,
    sentBytes: 0,
    sentOversize: 0,
    sendDroppedTooLarge: 0,
    sendDroppedQueueFull: 0,
    sendDroppedNotRunning: 0,
    sendDroppedUnknownServer: 0,
    answersSent: 0,
    answersDropped: 0,
    sendErrors: 0,
    received: 0,
    receivedBytes: 0,
    receivedFromClients: 0,
    receiveDroppedFromServers: 0,
    receiveDroppedFromClients: 0,
    socketErrors: 0,
    resolutions: 0,
    resolutionFailures: 0,
  }
}
