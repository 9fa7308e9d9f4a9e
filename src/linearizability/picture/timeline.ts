/**
 * One partition of a history as HTML: a timeline with a row per client, and the order as a table.
 */
import type { Operation } from '../history.ts'
import type { Model } from '../model.ts'
import { describeOperation, shorten } from '../report.ts'
import {
  type Bar,
  type Layout,
  laneHeight,
  layOut,
  type Point,
  type Row,
  stateRowHeight,
} from './layout.ts'
import { escapeHtml } from './markup.ts'
import type { Scene } from './scene.ts'

/** Characters of a text in the picture; hovering and the table say more. */
const stateTextMax = 24
const labelTextMax = 24
const tableTextMax = 300
/** Of the fonts that the page asks for, about; what is longer is cut off by the browser. */
const characterWidth = 7
const statePadding = 20
const labelPadding = 18

export function timelineHtml<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
): string {
  const layout = layOut(scene, {
    state: (state) => stateText(model, state).length * characterWidth + statePadding,
    label: (operation) => labelText(model, scene, operation).length * characterWidth + labelPadding,
  })
  const topOf = new Map(
    layout.rows.flatMap((row) => row.bars.map((bar) => [bar.operation.id, bar.top])),
  )
  const placed = new Set(scene.linearization.map(({ operation }) => operation.id))
  return [
    '<div class="scroller" role="region" tabindex="0" aria-label="Timeline of the clients">',
    '<div class="timeline">',
    namesHtml(layout),
    `<div class="canvas" style="width:${px(layout.width)};height:${px(layout.height)}">`,
    statesHtml(model, scene, layout),
    ...layout.rows.map((row) => rowHtml(model, scene, row, placed)),
    ...layout.points.map((point) => pointHtml(point, topOf.get(point.operation.id) ?? 0)),
    failureHtml(layout),
    '</div></div></div>',
    hiddenHtml(scene),
    tableHtml(model, scene),
  ].join('\n')
}

function stateText<State, Input, Output>(model: Model<State, Input, Output>, state: State): string {
  return shorten(model.describeState(state), stateTextMax)
}

function labelText<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
  operation: Operation<Input, Output>,
): string {
  const label = shorten(model.label(operation.input, operation.output), labelTextMax)
  return operation.id === scene.failure?.id ? `✗ ${label}` : label
}

function namesHtml<State, Input, Output>(layout: Layout<State, Input, Output>): string {
  const rows = layout.rows.map(
    ({ process, height }) =>
      `<div style="height:${px(height)}">${escapeHtml(`client ${process}`)}</div>`,
  )
  const states = `<div style="height:${px(stateRowHeight)}">state</div>`
  return `<div class="names" aria-hidden="true">${states}${rows.join('')}</div>`
}

function statesHtml<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
  layout: Layout<State, Input, Output>,
): string {
  const chip = (state: State, x: number, when: string): string => {
    const title = `${when}: ${shorten(model.describeState(state), tableTextMax)}`
    const text = escapeHtml(stateText(model, state))
    return `<li class="state" style="left:${px(x)}" title="${escapeHtml(title)}">${text}</li>`
  }
  const initial = stateText(model, scene.initialState).length * characterWidth + statePadding
  const chips = layout.points.map(({ number, state, x }) => chip(state, x, `after ${number}`))
  chips.unshift(chip(scene.initialState, initial / 2 + 8, 'at first'))
  return `<ol class="states" aria-label="The state after each operation">${chips.join('')}</ol>`
}

function rowHtml<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
  row: Row<Input, Output>,
  placed: ReadonlySet<number>,
): string {
  const bars = row.bars.map((bar) => barHtml(model, scene, bar, placed))
  const name = escapeHtml(`client ${row.process}`)
  return `<ol class="row" style="--top:${px(row.top)}" aria-label="${name}">${bars.join('')}</ol>`
}

function barHtml<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
  bar: Bar<Input, Output>,
  placed: ReadonlySet<number>,
): string {
  const { operation, left, width, top } = bar
  const { id, output } = operation
  const classes = ['bar', placed.has(id) ? 'placed' : 'left-out']
  if (output === undefined) classes.push('unanswered')
  if (scene.conflict.has(id)) classes.push('conflict')
  if (id === scene.failure?.id) classes.push('failed')
  const title = describeOperation(model, operation)
  const style = `left:${px(left)};top:${px(top + 6)};width:${px(Math.max(8, width))}`
  const label = escapeHtml(labelText(model, scene, operation))
  return (
    `<li class="${classes.join(' ')}" style="${style}" title="${escapeHtml(title)}">` +
    `${label}<span class="hidden">${escapeHtml(`: ${title}`)}</span></li>`
  )
}

function pointHtml<State, Input, Output>(
  point: Point<State, Input, Output>,
  barTop: number,
): string {
  const top = barTop + laneHeight - 22
  const threadTop = stateRowHeight - 12
  const thread = `left:${px(point.x)};top:${px(threadTop)};height:${px(top - threadTop)}`
  const dot = `left:${px(point.x)};top:${px(top - 4)}`
  return (
    `<div class="thread" style="${thread}"></div>` +
    `<div class="dot" aria-hidden="true" style="${dot}">${point.number}</div>`
  )
}

function failureHtml<State, Input, Output>(layout: Layout<State, Input, Output>): string {
  if (layout.failureX === null) return ''
  const style = `left:${px(layout.failureX)};height:${px(layout.height)}`
  const text = '<span>no order from here on</span>'
  return `<div class="failure" id="failure" style="${style}">${text}</div>`
}

function hiddenHtml<State, Input, Output>(scene: Scene<State, Input, Output>): string {
  const count = scene.partition.operations.length - scene.operations.length
  if (count === 0) return ''
  return `<p class="legend">${count} operations further away are not drawn.</p>`
}

function tableHtml<State, Input, Output>(
  model: Model<State, Input, Output>,
  scene: Scene<State, Input, Output>,
): string {
  const cells = (number: string, operation: Operation<Input, Output>, state: string): string =>
    [
      number,
      `client ${operation.process}`,
      shorten(model.describe(operation.input, operation.output), tableTextMax),
      operation.callWhere,
      operation.returnWhere === '' ? 'never answered' : operation.returnWhere,
      shorten(state, tableTextMax),
    ]
      .map((text) => `<td>${escapeHtml(text)}</td>`)
      .join('')
  const rows = scene.linearization.map(
    ({ operation, state }, i) =>
      `<tr>${cells(String(i + 1), operation, model.describeState(state))}</tr>`,
  )
  if (scene.failure !== null) {
    rows.push(`<tr class="failed">${cells('✗', scene.failure, 'finds no place in any order')}</tr>`)
  }
  const heads = ['', 'who', 'what', 'called', 'returned', 'state after it']
  return (
    '<details><summary>The order as a table</summary><table><thead><tr>' +
    `${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>` +
    `<tbody>${rows.join('\n')}</tbody></table></details>`
  )
}

function px(length: number): string {
  return `${Math.round(length * 10) / 10}px`
}
