/** A session at the servers, as its client sees it (§6.3). */
import type { Milliseconds } from '../raft/index.ts'
import { SequenceWindow } from './sequence-window.ts'

export class Session {
  readonly clientId: number
  readonly numbers: SequenceWindow
  /** The servers have said that they do not know it any more. Nothing new is sent under it. */
  isOver = false
  /** When the servers last answered something that was sent under it. */
  touchedAt: Milliseconds

  constructor(clientId: number, sequenceSpanMax: number, now: Milliseconds) {
    this.clientId = clientId
    this.numbers = new SequenceWindow(sequenceSpanMax)
    this.touchedAt = now
  }
}
