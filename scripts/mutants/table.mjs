// The table of docs/simulation.md: every mutant, what is wrong with it, and what caught it when it
// was last run. Rows of mutants that were not run now stay as they are.
import { readFileSync, writeFileSync } from 'node:fs'

const begin = '<!-- mutants: written by scripts/mutants/run.mjs -->'
const end = '<!-- /mutants -->'

/** `results`: by name, what caught it, and after how many seeds; '' where tests did. */
export function writeTable(path, chapters, results) {
  const text = readFileSync(path, 'utf8')
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(end)
  const known = new Map([...rowsOf(text.slice(from, to)), ...results])
  const count = chapters.reduce((sum, { mutants }) => sum + mutants.length, 0)
  const tables = chapters.map((chapter) => tableOf(chapter, known))
  const body = [`There are ${count} of them, and each is caught.`, ...tables].join('\n\n')
  writeFileSync(path, `${text.slice(0, from)}\n\n${body}\n\n${text.slice(to)}`)
}

function rowsOf(text) {
  const rows = text.matchAll(/^\| ([a-z0-9-]+) \| .* \| ([^|]*) \| ([^|]*) \|$/gm)
  return [...rows].map(([, name, by, seeds]) => [name, { by, seeds }])
}

function tableOf({ title, mutants }, known) {
  const rows = mutants.map(({ name, bug }) => {
    const { by, seeds } = known.get(name) ?? { by: 'never run', seeds: '' }
    return `| ${name} | ${bug} | ${by} | ${seeds} |`
  })
  return [title, '', '| mutant | what is wrong | caught by | seeds |', '|---|---|---|---:|']
    .concat(rows)
    .join('\n')
}
