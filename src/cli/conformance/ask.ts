/** Asks a server every question, each with a fresh server, and says what it is to be blamed for. */
import { join } from 'node:path'
import type { Check } from './checks/index.ts'
import { Blame, Inconclusive, type Rule } from './rules.ts'
import { type Patience, Stage } from './stage.ts'

export interface Verdict {
  readonly check: string
  /** Null: there is nothing to blame it for. */
  readonly blame: { readonly rule: Rule; readonly what: string } | null
  /** The question could not be put: why not, the last time. */
  readonly undecided: string | null
}

export interface Asking extends Patience {
  readonly command: readonly string[]
  readonly folder: string
  readonly signal: AbortSignal
  readonly asked: (check: Check, verdict: Verdict) => void
}

/** How often a question is put anew where the server had a right to spoil it. */
const triesMax = 8

/** At once; more would only make each other late. */
const atOnce = 5

export async function askAll(checks: readonly Check[], asking: Asking): Promise<Verdict[]> {
  const verdicts = new Map<Check, Verdict>()
  const waiting = [...checks.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      asking.signal.throwIfAborted()
      const [place, check] = next
      const verdict = await ask(check, place, asking)
      verdicts.set(check, verdict)
      asking.asked(check, verdict)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return checks.flatMap((check) => verdicts.get(check) ?? [])
}

/**
 * A blame must show twice, for the machine may be slow for once: where the same question is passed
 * after a blame, it is put a third time.
 */
async function ask(check: Check, place: number, asking: Asking): Promise<Verdict> {
  const verdict = { check: check.name, blame: null, undecided: null }
  const blames: Verdict['blame'][] = []
  let passes = 0
  let undecided = ''
  for (let tries = 1; tries <= triesMax; tries++) {
    asking.signal.throwIfAborted()
    const answer = await askOnce(check, join(asking.folder, `${place + 1}-${tries}`), asking)
    if (typeof answer === 'string') undecided = answer
    else if (answer !== null) blames.push(answer)
    else passes += 1
    if (blames.length === 2) return { ...verdict, blame: blames[1] as Verdict['blame'] }
    if (passes > blames.length) return verdict
  }
  return { ...verdict, undecided }
}

/** The blame; null: there is none; a text: why it cannot be said. */
async function askOnce(
  check: Check,
  folder: string,
  asking: Asking,
): Promise<Verdict['blame'] | string> {
  const stage = await Stage.open(check, asking.command, folder, asking)
  try {
    await check.run(stage)
    throwFault(stage)
    return null
  } catch (error) {
    if (error instanceof Inconclusive) return error.message
    if (!(error instanceof Blame)) throw error
    return blameFor(error, stage)
  } finally {
    await stage.close()
  }
}

/** What was wrong with a datagram comes before what came of it. */
function throwFault(stage: Stage): void {
  const { peers, server } = stage
  for (const { fault } of peers) if (fault !== null) throw fault
  if (server.death !== null && stage.isListed) throw new Blame(stage.rule, 'was asked this')
}

/** Where the server has ended, the rule is the one that was asked about when it did. */
function blameFor(error: Blame, { peers, server, rule, isListed }: Stage): Verdict['blame'] {
  const fault = peers.find((peer) => peer.fault !== null)?.fault ?? error
  if (server.death === null || !isListed) return { rule: fault.rule, what: fault.message }
  const words = server.lastWords === '' ? '' : `: ${server.lastWords}`
  return { rule, what: `${fault.message}, and has ended ${server.death}${words}` }
}
