/** What a server tells while it runs, to whoever listens. */

/** Names of events with what their listeners are given. */
type EventMap = object

type Listener<Events extends EventMap, Name extends keyof Events> = (event: Events[Name]) => void

export class Emitter<Events extends EventMap> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()

  on<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): void {
    const listeners = this.#listeners.get(name) ?? new Set()
    listeners.add(listener)
    this.#listeners.set(name, listeners)
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): void {
    this.#listeners.get(name)?.delete(listener)
  }

  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  /** What a listener throws is its own affair: it comes up as the process's uncaught exception. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        ;(listener as Listener<Events, Name>)(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
