/**
 * A history and its verdict as one page of HTML that needs nothing else: no script, no font, no
 * image, no network. A row per client, the longest linearization that was found with the state
 * after each operation, and the point of failure.
 */
import type { CheckResult, PartitionResult } from './checker.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { History } from './history.ts'
import type { Model } from './model.ts'
import { escapeHtml } from './picture/markup.ts'
import { sceneOf } from './picture/scene.ts'
import { pageStyle } from './picture/style.ts'
import { timelineHtml } from './picture/timeline.ts'
import { explain } from './report.ts'

export interface PictureSubject<State, Input, Output> {
  /** The heading of the page: the name of the file, the seed of the run. */
  readonly title: string
  readonly model: Model<State, Input, Output>
  readonly history: History<Input, Output>
  readonly result: CheckResult<State, Input, Output>
  /** Of the result; null unless it is illegal. */
  readonly diagnosis: Diagnosis<State, Input, Output> | null
}

/**
 * Partitions on a page; the failing one comes first, and those left out are counted. A page of all
 * keys of a long run would take a browser minutes.
 */
export const partitionsDrawnMax = 20

/** The page, as text of HTML. It draws some hundred operations of a partition, no more. */
export function drawPicture<State, Input, Output>(
  subject: PictureSubject<State, Input, Output>,
): string {
  const { title, model, history, result, diagnosis } = subject
  const words = explain(model, history, result, diagnosis)
  const partitions = inOrderOfInterest(result.partitions, diagnosis)
  const [first, ...others] = partitions.slice(0, partitionsDrawnMax)
  const leftOut = partitions.length - Math.min(partitions.length, partitionsDrawnMax)
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">`,
    `<title>${escapeHtml(`${title}: ${result.verdict}`)}</title>`,
    `<style>${pageStyle}</style></head><body>`,
    `<header><h1>${escapeHtml(title)}</h1>`,
    `<p><span class="verdict ${result.verdict}">${result.verdict}</span>`,
    `for the model ${escapeHtml(model.name)}</p>`,
    wordsHtml(words),
    diagnosis === null ? '' : '<p><a href="#failure">Go to the point of failure</a></p>',
    `<p class="legend">${legend}</p></header>`,
    '<main>',
    first === undefined ? '' : sectionHtml(subject, first, diagnosis),
    ...others.map((partition) => otherHtml(subject, partition)),
    leftOut === 0 ? '' : `<p class="legend">${leftOut} more partitions are not drawn.</p>`,
    '</main></body></html>',
    '',
  ].join('\n')
}

/** Nothing may be loaded, from anywhere; the style is in the page. */
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'"

const legend =
  'A row per client, time from left to right; gaps are left out. A bar reaches from the call of ' +
  'an operation to its return; one open on the right was never answered. The numbers are an ' +
  'order that explains the answers: each stands where the operation takes effect, with the state ' +
  'after it on top. Dashed bars have no place in it. Thick red borders mark the answers that ' +
  'contradict each other, and ✗ the one at which every order fails.'

function inOrderOfInterest<State, Input, Output>(
  partitions: readonly PartitionResult<State, Input, Output>[],
  diagnosis: Diagnosis<State, Input, Output> | null,
): readonly PartitionResult<State, Input, Output>[] {
  const rank = (partition: PartitionResult<State, Input, Output>): number => {
    if (partition === diagnosis?.partition) return 0
    return ['illegal', 'unknown', 'unchecked', 'ok'].indexOf(partition.verdict) + 1
  }
  return [...partitions].sort((a, b) => rank(a) - rank(b))
}

/** What is indented becomes a list. */
function wordsHtml(words: readonly string[]): string {
  return words
    .map((line) =>
      line.startsWith('  ')
        ? `<ul class="words"><li>${escapeHtml(line.trim())}</li></ul>`
        : `<p>${escapeHtml(line)}</p>`,
    )
    .join('\n')
    .replaceAll('</ul>\n<ul class="words">', '\n')
}

function sectionHtml<State, Input, Output>(
  subject: PictureSubject<State, Input, Output>,
  partition: PartitionResult<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output> | null,
): string {
  const heading =
    partition.key === '' ? '' : `<h2>${escapeHtml(headingOf(partition, diagnosis))}</h2>`
  const scene = sceneOf(subject.model, partition, diagnosis)
  return `<section>${heading}${timelineHtml(subject.model, scene)}</section>`
}

function otherHtml<State, Input, Output>(
  subject: PictureSubject<State, Input, Output>,
  partition: PartitionResult<State, Input, Output>,
): string {
  const timeline = timelineHtml(subject.model, sceneOf(subject.model, partition, null))
  const heading = escapeHtml(headingOf(partition, null))
  return `<details><summary>${heading}</summary>${timeline}</details>`
}

function headingOf<State, Input, Output>(
  partition: PartitionResult<State, Input, Output>,
  diagnosis: Diagnosis<State, Input, Output> | null,
): string {
  // A partition may be found to fail first only when the reason is sought.
  const verdict = diagnosis?.partition === partition ? 'illegal' : partition.verdict
  return `Partition ${JSON.stringify(partition.key)}: ${verdict}`
}
