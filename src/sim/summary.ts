/**
 * Many runs summed up: how much was simulated, what was done to it, and what of all there is to
 * come across was come across.
 */
import { type FaultKind, faultNames } from './faults.ts'
import { Marks, markNames } from './marks.ts'
import type { RunResult } from './run.ts'

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
    this.seeds += 1
    this.clusterMs += result.clusterMs
    this.events += result.events
    this.messages += result.messages
    this.elections += result.elections
    this.committed += result.committed
    this.proposals += result.proposals
    this.healedMsMax = Math.max(this.healedMsMax, result.healedMs ?? 0)
    this.marks.add(result.marks)
    for (const kind of faultNames) this.faults[kind] += result.faults[kind]
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
