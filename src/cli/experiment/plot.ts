/**
 * Charts as plain SVG: axes with ticks, lines, a legend. No library: these few shapes are all that
 * the experiments need, and a file that stands by itself can be opened anywhere.
 */
import type { Axis, Chart, Series } from '../../sim/experiments/index.ts'

const width = 760
const height = 420
const margin = { left: 76, right: 24, top: 40, bottom: 56 }
const inner = {
  width: width - margin.left - margin.right,
  height: height - margin.top - margin.bottom,
}
const legendLine = 18

/** Colours that people with any kind of sight tell apart (Okabe and Ito), and dashes besides. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#7a6a00', '#56b4e9']
const dashes = ['', '7 3', '2 3', '10 3 2 3', '4 4', '1 2']

/** One chart as an SVG document, or as a part of one. */
export function svgOf(chart: Chart): string {
  const x = scaleOf(chart.x, chart.series, 0, [0, inner.width])
  const y = scaleOf(chart.y, chart.series, 1, [inner.height, 0])
  const lines = chart.series.map((series, i) => lineOf(series, i, x, y))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      // Without a size of its own a picture within another takes all of that one's.
      `width="${width}" height="${height}" role="img" aria-label="${escapeText(chart.title)}" ` +
      'font-family="system-ui, sans-serif">',
    `<title>${escapeText(chart.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(margin.left, 24, chart.title, 'font-size="15" font-weight="600"'),
    `<g transform="translate(${margin.left} ${margin.top})">`,
    ...xAxis(chart.x, x),
    ...yAxis(chart.y, y),
    ...lines,
    ...legend(chart.series),
    '</g>',
    '</svg>',
  ].join('\n')
}

interface Scale {
  readonly ticks: readonly number[]
  readonly at: (value: number) => number
}

function scaleOf(
  axis: Axis,
  series: readonly Series[],
  coordinate: 0 | 1,
  [from, to]: readonly [number, number],
): Scale {
  const values = series.flatMap(({ points }) => points.map((point) => point[coordinate]))
  const isLog = axis.scale === 'log'
  const usable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0))
  const highest = Math.max(...usable, isLog ? 1 : 0)
  const lowest = isLog ? Math.min(...usable, highest) : 0
  const ticks = isLog ? logTicks(lowest, highest) : linearTicks(highest)
  const [first = 0] = ticks
  const last = ticks[ticks.length - 1] ?? 1
  const place = (value: number): number =>
    isLog
      ? Math.log(Math.max(value, first) / first) / Math.log(last / first)
      : (value - first) / (last - first)
  return { ticks, at: (value) => from + place(value) * (to - from) }
}

/** 1, 2 and 5 of every power of ten from just below the lowest to just above the highest. */
function logTicks(lowest: number, highest: number): number[] {
  const ticks: number[] = []
  for (
    let power = Math.floor(Math.log10(lowest));
    power <= Math.ceil(Math.log10(highest));
    power++
  ) {
    for (const step of [1, 2, 5]) ticks.push(step * 10 ** power)
  }
  const first = ticks.findLastIndex((tick) => tick <= lowest)
  const last = ticks.findIndex((tick) => tick >= highest)
  const some = ticks.slice(Math.max(0, first), last === -1 ? undefined : last + 1)
  return some.length > 1 ? some : [lowest, 2 * lowest]
}

/** From 0 in five or so round steps. */
function linearTicks(highest: number): number[] {
  if (highest === 0) return [0, 1]
  const rough = highest / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.ceil(highest / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, i) => i * step)
}

function xAxis({ title }: Axis, { ticks, at }: Scale): string[] {
  const marks = ticks.flatMap((tick) => [
    `<path d="M${round(at(tick))} 0V${inner.height}" stroke="#e3e6e9"/>`,
    text(at(tick), inner.height + 18, tickText(tick), 'font-size="12" text-anchor="middle"'),
  ])
  const middle = inner.width / 2
  const name = text(middle, inner.height + 42, title, 'font-size="13" text-anchor="middle"')
  return [...marks, name]
}

function yAxis({ title }: Axis, { ticks, at }: Scale): string[] {
  const marks = ticks.flatMap((tick) => [
    `<path d="M0 ${round(at(tick))}H${inner.width}" stroke="#e3e6e9"/>`,
    text(-8, at(tick) + 4, tickText(tick), 'font-size="12" text-anchor="end"'),
  ])
  const turned = `font-size="13" text-anchor="middle" transform="rotate(-90)"`
  return [...marks, text(-inner.height / 2, -56, title, turned)]
}

function lineOf({ points, line }: Series, place: number, x: Scale, y: Scale): string {
  const [first] = points
  if (first === undefined) return ''
  let path = `M${round(x.at(first[0]))} ${round(line === 'steps' ? y.at(0) : y.at(first[1]))}`
  for (const [px, py] of line === 'steps' ? points : points.slice(1)) {
    const [atX, atY] = [round(x.at(px)), round(y.at(py))]
    path += line === 'steps' ? `H${atX}V${atY}` : `L${atX} ${atY}`
  }
  const { colour, dash } = styleOf(place)
  const stroke = `stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`
  return `<path d="${path}" fill="none" ${stroke}/>`
}

/** Below the upper edge, to the right, where rising lines leave room last. */
function legend(series: readonly Series[]): string[] {
  if (series.length < 2) return []
  const top = inner.height - series.length * legendLine - 8
  return series.flatMap(({ name }, i) => {
    const { colour, dash } = styleOf(i)
    const y = top + i * legendLine
    const stroke = `stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`
    return [
      `<path d="M${inner.width - 150} ${y}h28" ${stroke}/>`,
      text(inner.width - 116, y + 4, name, 'font-size="12"'),
    ]
  })
}

function styleOf(place: number): { colour: string; dash: string } {
  return {
    colour: colours[place % colours.length] as string,
    dash: dashes[place % dashes.length] as string,
  }
}

function text(x: number, y: number, content: string, attributes: string): string {
  const place = `x="${round(x)}" y="${round(y)}"`
  return `<text ${place} fill="#1d232b" ${attributes}>${escapeText(content)}</text>`
}

function tickText(value: number): string {
  return String(Number(value.toPrecision(6)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escapeText(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
