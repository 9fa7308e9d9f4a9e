/**
 * Leads an operator's wish to its end: looks at the members, takes the next step, and looks again,
 * through changes of the leader and lost answers. What the steps are is membership-plan.ts's.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientCore, KontikiError, type MembershipStep } from '../client/index.ts'
import type { MembersAnswer } from '../wire/index.ts'
import { ask } from './admin-requests.ts'

export interface GuideSettings {
  /** The whole time that it may take; by default without an end, as long as there is progress. */
  readonly timeoutMs?: number
  /** It fails after so long without progress; by default 30 s. */
  readonly stallTimeoutMs?: number
  /** Stops before the next step. What was begun is completed by the servers. */
  readonly signal?: AbortSignal
  /** Hears what is done and what is waited for, a line each. */
  readonly onProgress?: (line: string) => void
}

/** Between two looks: far below an election, and nothing to a server. */
const lookIntervalMs = 50

/** One question may take so long: a leader that is not known has to be elected first. */
const askTimeoutMs = 5000

export const stallTimeoutDefaultMs = 30_000

/** What to do next, from what the leader says. */
export type NextStep = (view: MembersAnswer) => MembershipStep

/** The members, as they are in the end. */
export function guide(
  core: ClientCore,
  next: NextStep,
  settings: GuideSettings,
): Promise<MembersAnswer> {
  return new Guide(core, next, settings).run()
}

class Guide {
  readonly #core: ClientCore
  readonly #next: NextStep
  readonly #settings: GuideSettings
  readonly #deadline: number
  /** What was last told; there is progress where it changes. */
  #line = ''
  #progressAt = performance.now()
  #hasAsked = false

  constructor(core: ClientCore, next: NextStep, settings: GuideSettings) {
    this.#core = core
    this.#next = next
    this.#settings = settings
    this.#deadline = performance.now() + (settings.timeoutMs ?? Number.POSITIVE_INFINITY)
  }

  async run(): Promise<MembersAnswer> {
    for (;;) {
      try {
        const view = await this.#ask({ kind: 'members' }, ['members'])
        const step = this.#next(view)
        if (step.kind === 'done') return view
        await this.#take(step)
      } catch (error) {
        this.#goOnAfter(error)
      }
      await sleep(lookIntervalMs)
    }
  }

  async #take(step: Exclude<MembershipStep, { readonly kind: 'done' }>): Promise<void> {
    switch (step.kind) {
      case 'refuse':
        throw this.#failure('REFUSED', step.why)
      case 'wait':
        this.#tell(step.why)
        this.#checkTime(`${step.why}; ${step.hint}`)
        return
      case 'transfer':
        this.#tell(step.what)
        await this.#request({ kind: 'transfer', to: step.to }, step.what)
        return
      case 'change':
        this.#tell(step.what)
        await this.#request(step.question, step.what)
    }
  }

  async #request(question: Parameters<typeof ask>[1], what: string): Promise<void> {
    this.#checkTime(what)
    this.#hasAsked = true
    const answer = await this.#ask(question, ['changed', 'transferred', 'refused'])
    if (answer.kind !== 'refused') {
      this.#progressAt = performance.now()
      return
    }
    if (!answer.isTransient) throw this.#failure('REFUSED', `${what}: ${answer.message}`)
    this.#checkTime(`${what}: ${answer.message}`)
  }

  #ask<Kind extends 'members' | 'changed' | 'transferred' | 'refused'>(
    question: Parameters<typeof ask>[1],
    wanted: readonly Kind[],
  ): ReturnType<typeof ask<Kind>> {
    const left = Math.max(1, this.#deadline - performance.now())
    const timeoutMs = Math.min(left, askTimeoutMs)
    return ask(this.#core, question, wanted, { timeoutMs, signal: this.#settings.signal })
  }

  /** No leader was found in time, or it has gone with the answer: whoever comes next is asked. */
  #goOnAfter(error: unknown): void {
    const isPassing =
      error instanceof KontikiError && (error.code === 'TIMEOUT' || error.code === 'ANSWER_LOST')
    if (!isPassing || error.cause === gaveUp) throw error
    this.#tell('waits for a leader')
    this.#checkTime(error.message)
  }

  #tell(line: string): void {
    if (line === this.#line) return
    this.#line = line
    this.#progressAt = performance.now()
    this.#settings.onProgress?.(line)
  }

  #checkTime(why: string): void {
    const now = performance.now()
    const { stallTimeoutMs = stallTimeoutDefaultMs, timeoutMs } = this.#settings
    if (now >= this.#deadline) {
      throw this.#failure('TIMEOUT', `it was not done within ${timeoutMs} ms: ${why}`)
    }
    if (now - this.#progressAt < stallTimeoutMs) return
    throw this.#failure('TIMEOUT', `nothing has moved for ${stallTimeoutMs} ms: ${why}`)
  }

  #failure(code: 'REFUSED' | 'TIMEOUT', problem: string): KontikiError {
    return new KontikiError(code, this.#hasAsked ? 'unknown' : 'notApplied', problem, gaveUp)
  }
}

/** Marks what ends the guide, among errors of the same code that do not. */
const gaveUp = 'the guide gave up'
