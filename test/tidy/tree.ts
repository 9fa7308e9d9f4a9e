/**
 * The repository's own files, as the house rules look at them: read once, parsed once. Generated
 * code, what is installed and what is built are not ours to tidy.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A rule that was broken: `file:line rule`, so that an editor can go there. */
export type Violation = string

const foreign = new Set(['node_modules', 'dist', 'generated', '.git', 'coverage'])

/** Every file of ours below `folder`, as paths from the root, sorted. */
export function filesBelow(folder: string): string[] {
  const found: string[] = []
  for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '.' ? item.name : `${folder}/${item.name}`
    if (foreign.has(item.name)) continue
    if (item.isDirectory()) found.push(...filesBelow(path))
    else found.push(path)
  }
  return found.sort()
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** A file of code. */
export class Code {
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  #parsed: ts.SourceFile | null = null

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
    this.lines = text.replace(/\n$/, '').split('\n')
  }

  get parsed(): ts.SourceFile {
    this.#parsed ??= ts.createSourceFile(this.path, this.text, ts.ScriptTarget.Latest, true)
    return this.#parsed
  }

  /** Where a node begins, for people. */
  at(node: ts.Node): string {
    const { line } = this.parsed.getLineAndCharacterOfPosition(node.getStart(this.parsed))
    return `${this.path}:${line + 1}`
  }

  /** Every node of the file, parents first. */
  *nodes(): Generator<ts.Node> {
    const waiting: ts.Node[] = [this.parsed]
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      yield node
      ts.forEachChild(node, (child) => {
        waiting.push(child)
      })
    }
  }
}

/** The code below a folder: TypeScript, and the plain modules of bin/ and scripts/. */
export function codeBelow(folder: string): Code[] {
  const paths = filesBelow(folder).filter((path) => /\.(ts|mjs|js)$/.test(path))
  return paths.map((path) => new Code(path, readText(path)))
}

/** The folder of src/ that a path is in: `src/raft/log.ts` is in `raft`. */
export function roomOf(path: string): string {
  return path.split('/')[1] as string
}
