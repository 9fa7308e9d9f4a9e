/** What can happen to a simulated server, as the event queue knows it. */
export const serverEvent = {
  message: 0,
  alarm: 1,
  call: 2,
  propose: 3,
  change: 4,
  transfer: 5,
} as const

/** A call back into a process; it comes to nothing when that process is gone. */
export interface ProcessCall {
  readonly process: { readonly isGone: boolean }
  readonly callback: () => void
}
