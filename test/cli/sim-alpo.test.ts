/** `kontiki sim --protocol alpo`: what it tells, and its exit status. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'

function kontiki(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('node', ['bin/kontiki.js', ...args], {
    encoding: 'utf8',
  })
  return { status, out: stdout, err: stderr }
}

describe('kontiki sim --protocol alpo', () => {
  test('tells each breach with its seed, its story and its play; a breach is status 1', () => {
    const { status, out } = kontiki('sim', '--protocol', 'alpo', '--seeds', '60')
    expect(status).toBe(1)
    expect(out).toMatch(/^two votes in one term: \d+ seeds?, first \d+$/m)
    expect(out).toMatch(
      /^ {2}replay {3}bin\/kontiki\.js sim --protocol alpo --seed \d+ .*--trace$/m,
    )
    expect(out).toContain('test/scenarios/alpo-two-votes.txt')
    expect(out).toMatch(/^seeds +60, in/m)
    expect(out).not.toContain('UNKNOWN')
  })

  test('without faults nothing breaks; then the known breaches are missed', () => {
    const quiet = ['sim', '--protocol', 'alpo', '--seeds', '3', '--faults', 'none']
    expect(kontiki(...quiet).status).toBe(0)
    const { status, out } = kontiki(...quiet, '--expect-known')
    expect(status).toBe(1)
    expect(out).toMatch(/^NOT as known$/m)
  })

  test('prints one JSON object', () => {
    const { status, out } = kontiki('sim', '--protocol', 'alpo', '--seeds', '30', '--json')
    const survey = JSON.parse(out) as { seeds: number; findings: { name: string }[] }
    expect(survey.seeds).toBe(30)
    expect(status).toBe(survey.findings.length > 0 ? 1 : 0)
  })

  test.each([
    [['--foreign', '1'], /nobody but ALPO/],
    [['--faults', 'lyingDisks'], /no fault lyingDisks/],
  ])('%j is wrong usage', (args, complaint) => {
    const { status, err } = kontiki('sim', '--protocol', 'alpo', ...args)
    expect(status).toBe(2)
    expect(err).toMatch(complaint)
  })

  test('Raft has no known breaches', () => {
    expect(kontiki('sim', '--seeds', '1', '--expect-known').status).toBe(2)
  })
})
