/**
 * Where everything in a timeline goes: columns for events and for the points at which operations
 * take effect, rows for clients, and lanes in a row where operations of one client overlap (one
 * that was never answered stays open beside the next). Plain numbers, in CSS pixels.
 */
import type { Operation } from '../history.ts'
import type { Scene } from './scene.ts'

/** An operation of a linearization, with effect at x. */
export interface Point<State, Input, Output> {
  /** Its place in the linearization, from 1. */
  readonly number: number
  readonly operation: Operation<Input, Output>
  /** After the operation. */
  readonly state: State
  readonly x: number
  readonly width: number
}

export interface Bar<Input, Output> {
  readonly operation: Operation<Input, Output>
  readonly left: number
  readonly width: number
  readonly top: number
}

export interface Row<Input, Output> {
  readonly process: string
  readonly top: number
  readonly height: number
  readonly bars: readonly Bar<Input, Output>[]
}

export interface Layout<State, Input, Output> {
  readonly width: number
  readonly height: number
  readonly rows: readonly Row<Input, Output>[]
  readonly points: readonly Point<State, Input, Output>[]
  /** The place of the return that fails; null where nothing fails. */
  readonly failureX: number | null
}

/** Between two events where nothing else is. */
const eventWidth = 24
const marginWidth = 20
const rowGap = 10
/** The row of states is the first; the rows of the clients begin below it. */
export const stateRowHeight = 48
export const laneHeight = 50

/** How wide texts are going to be, in CSS pixels. */
export interface Widths<State, Input, Output> {
  readonly state: (state: State) => number
  readonly label: (operation: Operation<Input, Output>) => number
}

/** Lays the scene out. */
export function layOut<State, Input, Output>(
  scene: Scene<State, Input, Output>,
  widths: Widths<State, Input, Output>,
): Layout<State, Input, Output> {
  const { xOf, points, width } = placeColumns(scene, widths)
  const rows = placeRows(scene, (position) => xOf.get(position) ?? width - marginWidth)
  const last = rows.at(-1)
  const failureX = scene.failure === null ? null : xOf.get(scene.failure.returnPosition)
  return {
    width,
    height: last === undefined ? stateRowHeight : last.top + last.height,
    rows,
    points,
    failureX: failureX ?? null,
  }
}

interface Columns<State, Input, Output> {
  /** The place of every event that is drawn, by its position in the history. */
  readonly xOf: ReadonlyMap<number, number>
  readonly points: readonly Point<State, Input, Output>[]
  readonly width: number
}

function placeColumns<State, Input, Output>(
  scene: Scene<State, Input, Output>,
  widths: Widths<State, Input, Output>,
): Columns<State, Input, Output> {
  const waiting = pointsToPlace(scene)
  const placed = new Set(waiting.map(({ operation }) => operation.id))
  const xOf = new Map<number, number>()
  const points: Point<State, Input, Output>[] = []
  let x = marginWidth + widths.state(scene.initialState)
  let next = 0
  const placePointsUpTo = (position: number): void => {
    for (; next < waiting.length; next++) {
      const { after, number, operation, state } = waiting[next] as Waiting<State, Input, Output>
      if (after >= position) break
      const width = Math.max(widths.state(state), widths.label(operation) - eventWidth)
      points.push({ number, operation, state, x: x + width / 2, width })
      x += width
    }
  }
  // An operation takes effect as early as it can: after its call and everything before it in the
  // order, and before the event that comes next.
  for (const { position, operation } of eventsOf(scene.operations)) {
    placePointsUpTo(position)
    xOf.set(position, x + eventWidth / 2)
    const isCall = position === operation.callPosition
    x += isCall && !placed.has(operation.id) ? widths.label(operation) : eventWidth
  }
  placePointsUpTo(Number.POSITIVE_INFINITY)
  return { xOf, points, width: x + eventWidth + marginWidth }
}

/** Calls and returns in the order in which they happened. */
function eventsOf<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): readonly { readonly position: number; readonly operation: Operation<Input, Output> }[] {
  return operations
    .flatMap((operation) => [
      { position: operation.callPosition, operation },
      { position: operation.returnPosition, operation },
    ])
    .filter(({ position }) => position !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.position - b.position)
}

interface Waiting<State, Input, Output> {
  /** The position of the event that it has to come after. */
  readonly after: number
  readonly number: number
  readonly operation: Operation<Input, Output>
  readonly state: State
}

function pointsToPlace<State, Input, Output>(
  scene: Scene<State, Input, Output>,
): readonly Waiting<State, Input, Output>[] {
  const drawn = new Set(scene.operations.map(({ id }) => id))
  const waiting: Waiting<State, Input, Output>[] = []
  let after = -1
  for (const [i, { operation, state }] of scene.linearization.entries()) {
    after = Math.max(after, operation.callPosition)
    if (drawn.has(operation.id)) waiting.push({ after, number: i + 1, operation, state })
  }
  return waiting
}

function placeRows<State, Input, Output>(
  scene: Scene<State, Input, Output>,
  xOf: (position: number) => number,
): readonly Row<Input, Output>[] {
  const byProcess = new Map<string, Operation<Input, Output>[]>()
  for (const operation of scene.operations) {
    const own = byProcess.get(operation.process)
    if (own === undefined) byProcess.set(operation.process, [operation])
    else own.push(operation)
  }
  // Those whose answers contradict each other first: they are what the reader has come for.
  const rank = (process: string): number =>
    byProcess.get(process)?.some(({ id }) => scene.conflict.has(id)) === true ? 0 : 1
  const processes = [...byProcess.keys()].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true }),
  )
  const rows: Row<Input, Output>[] = []
  let top = stateRowHeight
  for (const process of processes) {
    const row = placeRow(process, byProcess.get(process) ?? [], top, xOf)
    rows.push(row)
    top += row.height
  }
  return rows
}

function placeRow<Input, Output>(
  process: string,
  operations: readonly Operation<Input, Output>[],
  top: number,
  xOf: (position: number) => number,
): Row<Input, Output> {
  const lanesFreeFrom: number[] = []
  const bars = operations.map((operation) => {
    const { callPosition, returnPosition } = operation
    const free = lanesFreeFrom.findIndex((position) => position <= callPosition)
    const lane = free < 0 ? lanesFreeFrom.length : free
    lanesFreeFrom[lane] = returnPosition
    const left = xOf(callPosition)
    return { operation, left, width: xOf(returnPosition) - left, top: top + lane * laneHeight }
  })
  return { process, top, height: lanesFreeFrom.length * laneHeight + rowGap, bars }
}
