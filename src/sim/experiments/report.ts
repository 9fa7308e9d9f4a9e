/**
 * What an experiment is, and what it gives back: words, tables and charts, as data. How they look
 * is for whoever shows them.
 */

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

export interface Axis {
  readonly title: string
  readonly scale: 'linear' | 'log'
}

export interface Series {
  readonly name: string
  /** Ascending in x. */
  readonly points: readonly (readonly [number, number])[]
  /** A step line says how many were there by then; a straight one joins measurements. */
  readonly line: 'straight' | 'steps'
}

export interface Chart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

export interface Report {
  /** What was done, before the tables; and what follows from it, after them. */
  readonly setting: readonly string[]
  readonly tables: readonly Table[]
  readonly findings: readonly string[]
  readonly charts: readonly Chart[]
  /** The same as numbers, for programs. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface ExperimentRun {
  readonly seed: string
  readonly trials: number
  /** Called now and then with what has been done, from 0 to 1. */
  readonly progress: (share: number) => void
}

interface Question {
  readonly name: string
  /** Of the lecture's questions, those that it answers. */
  readonly answers: string
  readonly question: string
}

/** Plays that answer a question step by step: files of test/scenarios. */
export interface Performed extends Question {
  readonly kind: 'performed'
  readonly scenarios: readonly string[]
}

export type Experiment = Measured | Performed

/** Runs that are left to chance, and what they have in common. */
export interface Measured extends Question {
  readonly kind: 'measured'
  readonly trials: number
  readonly run: (run: ExperimentRun) => Report
}

/** Milliseconds for people. */
export function ms(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value.toFixed(value >= 10 ? 1 : 2)
}

/** The same where some measurements were given up at `capMs`: then the figure is a lower bound. */
export function msUpTo(capMs: number, value: number, givenUp: number): string {
  if (value >= capMs) return `> ${capMs}`
  return givenUp > 0 ? `> ${ms(value)}` : ms(value)
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** A left-aligned column for the first title, right-aligned ones for the others. */
export function columns(first: string, ...others: readonly string[]): Column[] {
  return [
    { title: first, align: 'left' },
    ...others.map((title) => ({ title, align: 'right' }) as const),
  ]
}
