/**
 * Many runs on ALPO, summed up by the ways in which it breaks: how often each, which seed first,
 * and a short story of that run.
 */
import type { ServerId } from '../../alpo/index.ts'
import { traceHeading } from '../trace-text.ts'
import { type BreachKind, expectedBreaches, knownBreaches } from './breaches.ts'
import type { AlpoResult } from './run.ts'

/** Of a first run, what is needed to tell of it. */
export interface AlpoFinding {
  readonly kind: BreachKind
  readonly seeds: number
  readonly firstSeed: number
  readonly invariant: string
  readonly detail: string
  readonly atMs: number
  readonly replay: string
  readonly play: string
  /** The last events before it. */
  readonly story: readonly string[]
}

/** A breach that is none of the known ones. */
export interface UnknownBreach {
  readonly seed: number
  readonly invariant: string
  readonly detail: string
  readonly replay: string
}

/** Lines of a story: what breaks is mostly decided in the last few events. */
const storyLines = 14

export class AlpoSurvey {
  readonly #findings = new Map<BreachKind, AlpoFinding>()
  readonly unknown: UnknownBreach[] = []
  seeds = 0
  whole = 0
  clusterMs = 0
  events = 0
  elections = 0
  committed = 0

  add(result: AlpoResult): void {
    this.seeds += 1
    this.clusterMs += result.clusterMs
    this.events += result.events
    this.elections += result.elections
    this.committed += result.committed
    const { breach, kind, seed } = result
    if (breach === null) {
      this.whole += 1
      return
    }
    const { invariant, detail, atMs } = breach
    const replay = alpoReplay(result)
    if (kind === null) {
      this.unknown.push({ seed, invariant, detail, replay })
      return
    }
    const before = this.#findings.get(kind)
    if (before !== undefined) {
      this.#findings.set(kind, { ...before, seeds: before.seeds + 1 })
      return
    }
    const { play } = kind
    const story = alpoStory(result, storyLines)
    const first = { kind, firstSeed: seed, invariant, detail, atMs, replay, play, story }
    this.#findings.set(kind, { ...first, seeds: 1 })
  }

  /** In the order of {@link knownBreaches}. */
  get findings(): readonly AlpoFinding[] {
    return knownBreaches.flatMap((kind) => this.#findings.get(kind) ?? [])
  }

  /** The three that ALPO is known for were found, and nothing that nobody knows. */
  get isAsKnown(): boolean {
    return this.unknown.length === 0 && expectedBreaches.every((kind) => this.#findings.has(kind))
  }
}

/** The command that plays the run again. */
export function alpoReplay({ seed, wishes }: AlpoResult): string {
  const words = ['bin/kontiki.js sim --protocol alpo', `--seed ${seed}`]
  if (wishes.servers !== null) words.push(`--servers ${wishes.servers}`)
  words.push(`--minutes ${wishes.safetyMs / 60_000}`)
  if (wishes.faults !== null) words.push(`--faults ${wishes.faults.join(',') || 'none'}`)
  return words.join(' ')
}

/** The last events of a run, without heartbeats and their answers, under the servers' names. */
export function alpoStory({ world }: AlpoResult, lines: number): string[] {
  const ids: readonly ServerId[] = world.serverIds
  return [traceHeading(ids), ...world.trace.last(lines)]
}
