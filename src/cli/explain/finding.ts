/** One thing that there is to say about a cluster. */

export interface Finding {
  /** The server that it is about; null: the cluster. */
  readonly server: string | null
  /** `fault`: something to be seen to. `note`: an explanation, or something that passes. */
  readonly weight: 'fault' | 'note'
  readonly text: string
}

export function fault(server: string | null, text: string): Finding {
  return { server, weight: 'fault', text }
}

export function note(server: string | null, text: string): Finding {
  return { server, weight: 'note', text }
}

/** A span of time, short. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
