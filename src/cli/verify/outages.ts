/**
 * Takes servers down and brings them back, as planned, for as long as clients send; never more than
 * a minority at once, and a server counts as down until it is up again, however long that takes.
 */
import { sleep } from '../processes/waiting.ts'
import { minorityOf, type Outage } from './plan.ts'

/** The servers, as far as outages concern them; a call resolves when what it asks for is done. */
export interface OutageTarget {
  readonly size: number
  up(): readonly number[]
  leader(): number | null
  suspend(server: number): Promise<void>
  resume(server: number): Promise<void>
  kill(server: number): Promise<void>
  start(server: number): Promise<void>
  /** Told what has gone wrong. */
  report(problem: string): void
}

export interface OutageCounts {
  readonly suspensions: number
  readonly kills: number
}

export interface OutageSignals {
  /** Clients have sent all: no more outages, and every server is brought back. */
  readonly over: AbortSignal
  /** Somebody wants an end at once: nothing is brought back. */
  readonly interrupted: AbortSignal
}

/** Ends when either signal has been given and what it asks for has been done. */
export async function runOutages(
  outages: Iterable<Outage>,
  target: OutageTarget,
  signals: OutageSignals,
): Promise<OutageCounts> {
  const over = AbortSignal.any([signals.over, signals.interrupted])
  const downMax = minorityOf(target.size)
  const down = new Map<number, Promise<void>>()
  const counts = { suspend: 0, kill: 0 }
  for (const outage of outages) {
    await rest(outage.afterMs, over)
    while (!over.aborted && down.size >= downMax) await rest(10, over)
    if (over.aborted) break
    const victim = victimOf(outage, target, down)
    if (victim === null) continue
    counts[outage.kind] += 1
    down.set(
      victim,
      holdDown(outage, victim, target, { ...signals, over }).then(
        () => {
          down.delete(victim)
        },
        // It stays down, and counts as that: the run goes on without it, and fails.
        (error) => target.report(error instanceof Error ? error.message : String(error)),
      ),
    )
  }
  await Promise.all(down.values())
  return { suspensions: counts.suspend, kills: counts.kill }
}

/** The planned victim, or the next one after it that is up. */
function victimOf(
  { victim }: Outage,
  target: OutageTarget,
  down: ReadonlyMap<number, unknown>,
): number | null {
  const wanted = victim === 'leader' ? (target.leader() ?? 0) : victim
  const candidates = target.up().filter((server) => !down.has(server))
  return candidates.find((server) => server >= wanted) ?? candidates[0] ?? null
}

async function holdDown(
  { kind, downMs }: Outage,
  victim: number,
  target: OutageTarget,
  { over, interrupted }: OutageSignals,
): Promise<void> {
  await (kind === 'kill' ? target.kill(victim) : target.suspend(victim))
  await rest(downMs, over)
  if (interrupted.aborted) return
  await (kind === 'kill' ? target.start(victim) : target.resume(victim))
}

/** As long as planned, or until it is over. */
async function rest(ms: number, over: AbortSignal): Promise<void> {
  if (over.aborted) return
  await sleep(ms, over).catch((error) => {
    if (!over.aborted) throw error
  })
}
