/**
 * Many runs summed up: how much was simulated, what was done to it, and what of all there is to
 * come across was come across.
 */
import { type FaultKind, faultNames } from './faults.ts'
import { type Mark, Marks, markNames } from './marks.ts'
import type { RunResult } from './run.ts'

/** Another summary, as it comes from another process. */
export interface SummaryCounts {
  readonly seeds: number
  readonly clusterMs: number
  readonly events: number
  readonly messages: number
  readonly elections: number
  readonly committed: number
  readonly proposals: number
  readonly healedMsMax: number
  readonly faults: Readonly<Record<FaultKind, number>>
  readonly marks: { readonly hit: readonly Mark[] }
}

export class Summary {
  readonly marks: Marks = new Marks()
  readonly faults: Record<FaultKind, number>
  seeds = 0
  clusterMs = 0
  events = 0
  messages = 0
  elections = 0
  committed = 0
  proposals = 0
  /** The longest that a healed majority took. */
  healedMsMax = 0

  constructor() {
    const none = faultNames.map((kind) => [kind, 0])
    this.faults = Object.fromEntries(none) as Record<FaultKind, number>
  }

  add(result: RunResult): void {
    this.#count({ ...result, seeds: 1, healedMsMax: result.healedMs ?? 0 })
    this.marks.add(result.marks)
  }

  /** Of marks it is told which were hit, and not how often. */
  addCounts(counts: SummaryCounts): void {
    this.#count(counts)
    for (const mark of counts.marks.hit) this.marks.hit(mark)
  }

  #count(counts: Omit<SummaryCounts, 'marks'>): void {
    this.seeds += counts.seeds
    this.clusterMs += counts.clusterMs
    this.events += counts.events
    this.messages += counts.messages
    this.elections += counts.elections
    this.committed += counts.committed
    this.proposals += counts.proposals
    this.healedMsMax = Math.max(this.healedMsMax, counts.healedMsMax)
    for (const kind of faultNames) this.faults[kind] += counts.faults[kind]
  }

  /** The summary in lines; `seconds` is what it took. */
  lines(seconds: number): string[] {
    const number = (value: number): string => Math.round(value).toLocaleString('en')
    const struck = faultNames.filter((kind) => this.faults[kind] > 0)
    const faults = struck.map((kind) => `${kind} ${number(this.faults[kind])}`)
    const clusterSeconds = this.clusterMs / 1000
    const { hitNames, missedNames } = this.marks
    return [
      `seeds      ${number(this.seeds)}, in ${seconds.toFixed(1)} s`,
      `simulated  ${(clusterSeconds / 3600).toFixed(2)} cluster hours, ` +
        `${number(clusterSeconds / seconds)} s a second`,
      `events     ${number(this.events)}, ${number(this.messages)} messages, ` +
        `${number(this.elections)} elections`,
      `commands   ${number(this.proposals)} proposed, ${number(this.committed)} entries committed`,
      `faults     ${faults.join(', ') || 'none'}`,
      `marks      ${hitNames.length} of ${markNames.length} hit` +
        (missedNames.length === 0 ? '' : `; not: ${missedNames.join(', ')}`),
      `healed     within ${(this.healedMsMax / 1000).toFixed(2)} s at the longest`,
    ]
  }
}
