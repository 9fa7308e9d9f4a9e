/**
 * A play as a scenario file, ready to be committed: two sentences that somebody has still to make
 * prose of, the commands, and an end that fails as long as the breach is there.
 */
import type { Broken } from './shrink.ts'

/** The text of the scenario. It passes on code in which the guarantee holds. */
export function writeScenario({ performed }: Broken): string {
  const { lines, breach } = performed
  const what = breach === null ? 'nothing broke' : `${breach.invariant}: ${breach.detail}`
  const head = wrapped(
    `Found by the simulator, and shrunk. Where it was found this broke: ${what}. ` +
      'Say here which rule prevents it, and where it stands (§).',
  )
  return `${[...head, ...lines, 'expect invariants'].join('\n')}\n`
}

/** Comment lines of at most a hundred characters. */
function wrapped(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > 99) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
