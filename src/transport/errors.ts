/**
 * Why a transport cannot start, and why a connection ended: what the outside has caused, in one
 * line for a person to read.
 */
import type { RefusalCode } from './control-frame.ts'

export type TransportErrorCode =
  | 'INVALID_OPTION'
  | 'NAME_NOT_RESOLVED'
  | 'ADDRESS_NOT_USABLE'
  | 'SAME_ADDRESS'
  | 'NO_COMMON_FAMILY'
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'BIND_FAILED'

export class TransportError extends Error {
  readonly code: TransportErrorCode
  override readonly name = 'TransportError'

  constructor(code: TransportErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What either end of a connection may find wrong with it, beside what the other refuses. */
export type ConnectionErrorCode =
  | RefusalCode
  | 'INVALID_ADDRESS'
  | 'CONNECT_FAILED'
  | 'CONNECT_TIMEOUT'
  | 'CONNECTION_LOST'
  | 'FIRST_FRAME_TIMEOUT'
  | 'FRAME_TIMEOUT'
  | 'SILENT'
  | 'STALLED'

export class ConnectionError extends Error {
  readonly code: ConnectionErrorCode
  override readonly name = 'ConnectionError'

  constructor(code: ConnectionErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** The code of a system error, such as `EADDRINUSE`; its message where it has none. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
