/**
 * `kontiki sim --protocol alpo`: the ways in which ALPO breaks, each with the seed that shows it
 * first, a short story of that run, and the play that was made of it. Runs go on after a breach, as
 * they do not for Raft: there breaches are what is looked for.
 */
import { type AlpoFinding, AlpoSurvey, runAlpoSeed } from '../../sim/alpo/index.ts'
import type { Wishes } from '../../sim/index.ts'

export interface AlpoSimOptions {
  readonly trace?: true
  readonly json?: true
  readonly expectKnown?: true
}

/**
 * Status 0 where every guarantee held in every seed, and 1 where one broke, as for Raft: whoever
 * runs a protocol by its name wants to know. With `--expect-known` the known breaches are what is
 * wanted: then 0 where all three were found and nothing else, and 1 otherwise.
 */
export function simulateAlpo(
  seeds: Iterable<number>,
  wishes: Wishes,
  { trace, json, expectKnown }: AlpoSimOptions,
): boolean {
  const survey = new AlpoSurvey()
  const startedAt = performance.now()
  const sink = trace === true && json === undefined ? (line: string) => console.log(line) : null
  for (const seed of seeds) {
    survey.add(runAlpoSeed(seed, wishes, sink))
    if (process.stderr.isTTY) process.stderr.write(`\r${survey.seeds} seeds`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const seconds = (performance.now() - startedAt) / 1000
  const isGood = expectKnown === true ? survey.isAsKnown : survey.whole === survey.seeds
  if (json === true) console.log(JSON.stringify({ seconds, ...asJson(survey) }))
  else for (const line of linesOf(survey, seconds)) console.log(line)
  if (expectKnown === true && json === undefined) {
    console.log(isGood ? 'as known: all three, and nothing else' : 'NOT as known')
  }
  return isGood
}

function asJson(survey: AlpoSurvey) {
  const { seeds, whole, clusterMs, events, elections, committed, unknown } = survey
  const findings = survey.findings.map(({ kind, ...finding }) => ({ name: kind.name, ...finding }))
  return { seeds, whole, clusterMs, events, elections, committed, findings, unknown }
}

function linesOf(survey: AlpoSurvey, seconds: number): string[] {
  const { seeds, whole, clusterMs, events, elections, committed, unknown } = survey
  const number = (value: number): string => value.toLocaleString('en')
  const lines = survey.findings.flatMap(linesOfFinding)
  for (const { seed, invariant, detail, replay } of unknown) {
    lines.push(`UNKNOWN: ${invariant}, seed ${seed}`, `  seen     ${detail}`)
    lines.push(`  replay   ${replay} --trace`, '')
  }
  lines.push(
    `seeds      ${number(seeds)}, in ${seconds.toFixed(1)} s; ${number(whole)} broke nothing`,
    `simulated  ${(clusterMs / 3_600_000).toFixed(2)} cluster hours, ${number(events)} events, ` +
      `${number(elections)} elections, ${number(committed)} entries committed`,
  )
  return lines
}

function linesOfFinding(finding: AlpoFinding): string[] {
  const { kind, seeds, firstSeed, invariant, detail, atMs, replay, play, story } = finding
  const after = `after ${(atMs / 1000).toFixed(3)} s of cluster time`
  return [
    `${kind.name}: ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, first ${firstSeed}`,
    `  what     ${kind.what}`,
    `  because  ${kind.because}`,
    `  raft     ${kind.raft}`,
    `  seen     ${invariant}, ${after}: ${detail}`,
    `  replay   ${replay} --trace`,
    `  play     ${play}`,
    '',
    ...story.map((line) => `  ${line}`),
    '',
  ]
}
