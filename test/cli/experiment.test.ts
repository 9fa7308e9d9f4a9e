/** `kontiki experiment`: what it prints and writes, and what it refuses. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { svgOf } from '../../src/cli/experiment/plot.ts'
import type { Chart } from '../../src/sim/experiments/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontiki-experiment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function experiment(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('node', ['bin/kontiki.js', 'experiment', ...args], {
    encoding: 'utf8',
  })
  return { status, out: stdout, err: stderr }
}

describe('kontiki experiment', () => {
  test('list names each with its question', () => {
    const { status, out } = experiment('list')
    expect(status).toBe(0)
    expect(out).toMatch(/^election-timeout +L5, L10 +1000 +What if/m)
    const names = JSON.parse(experiment('list', '--json').out) as { name: string }[]
    expect(names.map(({ name }) => name)).toContain('ranking')
  })

  test('prints tables and findings, and writes the plot and the page', () => {
    const { status, out } = experiment('ranking', '--trials', '2', '--folder', folder)
    expect(status).toBe(0)
    expect(out).toMatch(/^the leader crashes +random +\d/m)
    const [svg, html] = ['svg', 'html'].map((ending) => join(folder, `ranking.${ending}`))
    expect(out).toContain(`written: ${svg}, ${html}`)
    const pictures = readFileSync(svg as string, 'utf8')
    expect(pictures.match(/<svg /g)?.length).toBe(4)
    // Each chart has its own size, below the one before: seen in a browser, all of them.
    expect(pictures.match(/<svg [^>]*width="760" height="420"/g)?.length).toBe(3)
    expect(pictures).toContain('viewBox="0 0 760 1260" width="760" height="1260"')
    expect(pictures.match(/<svg /g)?.length).toBe(pictures.match(/<\/svg>/g)?.length)
    expect(readFileSync(html as string, 'utf8')).toContain(
      '<td class="left">the leader crashes</td>',
    )
  })

  test('--json is one object, the same for the same seed', () => {
    const args = ['ranking', '--trials', '2', '--no-plot', '--json', '--seed']
    const { out } = experiment(...args, 'x')
    expect(JSON.parse(out)).toMatchObject({
      experiment: 'ranking',
      seed: 'x',
      trials: 2,
      files: [],
    })
    expect(experiment(...args, 'x').out).toBe(out)
    expect(experiment(...args, 'y').out).not.toBe(out)
    expect(existsSync('ranking.svg')).toBe(false)
  })

  test.each([
    [['divination'], 2, /no experiment divination/],
    [[], 2, /missing required argument/],
    [['ranking', '--trials', '0'], 2, /whole number from 1/],
    [['ranking', '--trials', '1', '--folder', '/dev/null/x'], 1, /plot cannot be written/],
  ])('%j ends with status %i', (args, expected, complaint) => {
    const { status, err } = experiment(...args)
    expect(status).toBe(expected)
    expect(err).toMatch(complaint)
    expect(err).not.toMatch(/^ +at /m)
  })
})

describe('a chart', () => {
  const chart: Chart = {
    title: 'a < b & c',
    x: { title: 'x', scale: 'log' },
    y: { title: 'y', scale: 'linear' },
    series: [
      {
        name: 'one',
        line: 'straight',
        points: [
          [1, 0.1],
          [10, 0.5],
          [100, 0.9],
        ],
      },
      {
        name: 'two',
        line: 'steps',
        points: [
          [3, 0.5],
          [30, 1],
        ],
      },
    ],
  }

  test('has a line for each series, within its frame, and escapes what it is told', () => {
    const svg = svgOf(chart)
    expect(svg).toContain('a &#60; b &#38; c')
    expect(svg).toContain('d="M0 ')
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    expect(svg.match(/fill="none"/g)?.length).toBe(2)
    expect(svg).toMatch(/>one<.*>two</s)
  })

  test('a logarithm puts 1, 10 and 100 at equal distances', () => {
    const [, x1, x2, x3] = /d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+L([\d.]+) /.exec(svgOf(chart)) ?? []
    expect(Number(x2) - Number(x1)).toBeCloseTo(Number(x3) - Number(x2), 0)
  })

  test('without any point is an empty frame', () => {
    const empty = { ...chart, series: [{ name: 'none', line: 'steps' as const, points: [] }] }
    expect(svgOf(empty)).not.toMatch(/NaN|Infinity/)
  })
})
