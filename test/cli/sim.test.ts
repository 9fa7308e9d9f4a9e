/** `kontiki sim` and `kontiki explore` as users call them: output, statuses, wrong usage. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'

function kontiki(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('node', ['bin/kontiki.js', ...args], {
    encoding: 'utf8',
  })
  return { status, out: stdout, err: stderr }
}

describe('kontiki sim', () => {
  test('runs seeds and sums them up', () => {
    const { status, out } = kontiki('sim', '--seeds', '3', '--servers', '3', '--minutes', '0.05')
    expect(status).toBe(0)
    expect(out).toMatch(/^seeds {6}3, in /)
    expect(out).toMatch(/^marks {6}\d+ of \d+ hit/m)
    expect(out.trimEnd().endsWith('passed')).toBe(true)
  })

  test('as JSON', () => {
    const { out } = kontiki('sim', '--seed', '5', '--minutes', '0.05', '--faults', 'none', '--json')
    expect(JSON.parse(out)).toMatchObject({ seeds: 1, failure: null, faults: { loss: 0 } })
  })

  test('counts the same in several processes as in one', () => {
    const counts = (...more: string[]) => {
      const given = ['--seeds', '5', '--from', '3', '--servers', '3', '--minutes', '0.02']
      const { status, out } = kontiki('sim', ...given, '--json', ...more)
      expect(status).toBe(0)
      return { ...JSON.parse(out), seconds: 0 }
    }
    expect(counts('--jobs', '2')).toEqual(counts())
  })

  test('prints a trace in columns, the same each time', () => {
    const args = ['sim', '--seed', '5', '--minutes', '0.02', '--trace']
    const lines = kontiki(...args).out.split('\n')
    expect(lines[0]).toMatch(/^ +ms {2}s1 +s2/)
    const events = lines.filter((line) => /^ *\d+\.\d{3} /.test(line))
    expect(events.length).toBeGreaterThan(20)
    const again = kontiki(...args).out.split('\n')
    expect(again.filter((line) => /^ *\d+\.\d{3} /.test(line))).toEqual(events)
  })

  test.each([
    [['--faults', 'gremlins'], /no fault gremlins/],
    [['--minutes', '0'], /number of minutes/],
    [['--servers', '10'], /whole number from 1 to 9/],
    [['--jobs', '0'], /whole number from 1 to 64/],
    [['--jobs', '2', '--seed', '1'], /cannot be used with/],
    [['--jobs', '2', '--protocol', 'alpo'], /--jobs are for raft/],
  ])('%j is wrong usage', (args, complaint) => {
    const { status, out, err } = kontiki('sim', ...args)
    expect(status).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(complaint)
    expect(err).not.toContain('    at ')
  })
})

describe('kontiki explore', () => {
  test('says how many states there are and whether they were all', () => {
    const { status, out } = kontiki('explore', '--terms', '1', '--commands', '0', '--crashes', '0')
    expect(status).toBe(0)
    expect(out).toMatch(/^states +\d+ of the cluster/)
    expect(out).toMatch(/^exhausted +yes/m)
  })

  test('refuses a scope that is none', () => {
    expect(kontiki('explore', '--servers', '0').status).toBe(2)
  })
})
