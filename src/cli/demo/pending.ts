/**
 * Commands that the demo has sent and not yet seen committed. A command carries no number, so of
 * two with one name the older is taken to be the one that is committed.
 */
export interface PendingCommand {
  readonly command: string
  readonly sentAt: number
}

export class Pending {
  #commands: PendingCommand[] = []

  get size(): number {
    return this.#commands.length
  }

  add(command: string, now: number): void {
    this.#commands.push({ command, sentAt: now })
  }

  /** It is committed; false where nobody here has sent it. */
  settle(command: string): boolean {
    const at = this.#commands.findIndex((pending) => pending.command === command)
    if (at === -1) return false
    this.#commands.splice(at, 1)
    return true
  }

  /** Takes out those that have waited too long. */
  expire(now: number, timeoutMs: number): PendingCommand[] {
    const isLate = ({ sentAt }: PendingCommand): boolean => now - sentAt >= timeoutMs
    const late = this.#commands.filter(isLate)
    if (late.length > 0) this.#commands = this.#commands.filter((pending) => !isLate(pending))
    return late
  }
}
