/** Plays on two protocols: how they are written, what they may expect, and how they are found. */
import { describe, expect, test } from 'vitest'
import { parseScenario, runScenario } from '../../../src/sim/scenario/index.ts'
import { defaultHunt, hunt } from '../../../src/sim/shrink/index.ts'

function failure(text: string): string | null {
  try {
    return runScenario(parseScenario(text)).failure?.problem ?? null
  } catch (error) {
    return (error as Error).message
  }
}

const onAlpo = 'protocol alpo\nservers 1 2 3\n'
const onBoth = 'protocol alpo raft\nservers 1 2 3\n'

describe('protocols of a play', () => {
  test('without a word it is Raft’s; with one, that; with two, both are recorded apart', () => {
    expect(runScenario(parseScenario('servers 1 2 3\ntimeout 1\n')).text).toContain('heard in time')
    const { text } = runScenario(parseScenario(`${onAlpo}timeout 1\n`))
    expect(text).toContain('----\n1    becomes candidate in term 1: no leader was heard\n')
    const both = runScenario(parseScenario(`${onBoth}timeout 1\n`)).text
    expect(both).toMatch(/---- alpo\n.*was heard\n---- raft\n.*heard in time\n/u)
    expect(runScenario(parseScenario(both)).isAsRecorded).toBe(true)
  })

  test('a command can be for one of them alone', () => {
    expect(
      failure(`${onBoth}leader 1\non alpo expect leader 1; on raft expect leader 1`),
    ).toBeNull()
    expect(failure(`${onBoth}leader 1\non alpo expect leader 2`)).toMatch(/not 2/)
    expect(failure(`${onBoth}leader 1\non raft expect leader 2`)).toMatch(/not 2/)
  })

  test.each([
    ['protocol paxos\nservers 1 2 3\n', /no protocol "paxos"/],
    ['protocol\nservers 1 2 3\n', /there is no command|protocol is missing/],
    ['protocol alpo alpo\nservers 1 2 3\n', /named twice/],
    ['servers 1 2 3\nprotocol alpo\n', /before the servers/],
    [`${onAlpo}on raft timeout 1\n`, /played in alpo/],
    [`${onBoth}timeout 1\n----\n`, /outputs stand under ---- alpo/],
    [`${onAlpo}timeout 1\n---- alpo\n`, /outputs stand under ----/],
    [`${onAlpo}term 1 = 3\ntimeout 1\n`, /no term on disk/],
    [`${onAlpo}options inflightBytesMax=3\ntimeout 1\n`, /no option "inflightBytesMax"/],
    [`${onAlpo}suspend 1\n`, /have no "suspend"/],
    [`${onAlpo}leader 1\nexpect leaderId 1\n`, /no leaderId/],
  ])('%j is refused', (text, complaint) => {
    expect(failure(text)).toMatch(complaint)
  })
})

describe('breaches in a play', () => {
  const votes = `${onAlpo}timeout 1; deliver 1→2; crash 2; restart 2; timeout 3; deliver 3→2\n`

  test('go on, and fail the play in the end unless they were expected', () => {
    expect(failure(votes)).toMatch(/^one vote per term: in term 1, 2 has voted for 1/)
    expect(failure(`${votes}expect breach "one vote per term"\nexpect follower 2\n`)).toBeNull()
  })

  test('that do not happen are not expected', () => {
    expect(failure(`${onAlpo}leader 1\nexpect breach "log matching"\n`)).toMatch(/is not broken/)
    expect(failure('servers 1 2 3\nleader 1\nexpect breach "log matching"\n')).toMatch(
      /is not broken/,
    )
  })

  test('who can win an election follows from the logs', () => {
    const logs = 'log 1 = 1,1; log 2 = 2\n'
    const crash = 'crash 3\n'
    expect(failure(`${onAlpo}${logs}${crash}expect electable none\n`)).toBeNull()
    expect(failure(`servers 1 2 3\n${logs}${crash}expect electable 2\n`)).toBeNull()
  })
})

describe('a hunt on ALPO', () => {
  test.each(['one vote per term', 'liveness'])('finds a short play that breaks %s', (invariant) => {
    const options = {
      ...defaultHunt,
      protocol: 'alpo',
      invariant,
      linesMax: 120,
      playsMax: 10_000,
    } as const
    const broken = hunt(1, options)
    expect(broken?.performed.breach?.invariant).toBe(invariant)
    expect(broken?.performed.lines.length).toBeLessThan(20)
  })
})
