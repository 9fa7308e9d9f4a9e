/**
 * How long a log's seal waits for a save that would take its place. It keeps no process alive: what
 * closes a log seals it.
 */
const laterMs = 50

export function later(callback: () => void): void {
  setTimeout(callback, laterMs).unref()
}
