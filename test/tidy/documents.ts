/** Documents: no link and no path in them leads nowhere. */
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { filesBelow, root, type Violation } from './tree.ts'

export interface Document {
  readonly path: string
  readonly text: string
}

export function exists(path: string): boolean {
  return existsSync(join(root, path))
}

function linesOf(text: string): [line: string, number: number][] {
  return text.split('\n').map((line, i) => [line, i + 1])
}

/** GitHub's name for a heading. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '')
  return words.trim().replace(/\s/g, '-')
}

function anchorsOf(text: string): Set<string> {
  return new Set([...text.matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] as string)))
}

/** Relative links to files that are not there, and links to headings that are not there. */
export function linkViolations(
  { path, text }: Document,
  read: (path: string) => string,
): Violation[] {
  const violations: Violation[] = []
  for (const [line, number] of linesOf(text)) {
    for (const match of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
      const link = match[1] as string
      if (/^[a-z]+:/.test(link)) continue
      const [file = '', anchor = ''] = link.split('#')
      const target = file === '' ? path : posix.join(posix.dirname(path), file)
      if (!exists(target)) violations.push(`${path}:${number} links to ${link}, which is not there`)
      else if (anchor !== '' && target.endsWith('.md') && !anchorsOf(read(target)).has(anchor)) {
        violations.push(`${path}:${number} links to ${link}, a heading that is not there`)
      }
    }
  }
  return violations
}

const pathInText = /(?<![\w./-])(?:src|test|docs|bin|scripts|proto)\/[\w.*<>/-]*[\w*/]/g

/** Paths from the root, in documents and in comments; `*` stands for any name. */
export function pathViolations({ path, text }: Document, files: readonly string[]): Violation[] {
  const violations: Violation[] = []
  for (const [line, number] of linesOf(text)) {
    for (const named of new Set(line.match(pathInText))) {
      if (/[<>]/.test(named) || named.includes('NNNN')) continue
      if (!isThere(named.replace(/\/$/, ''), files)) {
        violations.push(`${path}:${number} names ${named}, which is not there`)
      }
    }
  }
  return violations
}

function isThere(named: string, files: readonly string[]): boolean {
  if (!named.includes('*')) return exists(named)
  const source = named.replace(/\./g, '\\.').replace(/\*+/g, '[^/]*')
  const pattern = new RegExp(`^${source}(/|$)`)
  return files.some((file) => pattern.test(file))
}

/** Markdown at the root and in docs/. */
export function documentPaths(): string[] {
  return [...filesBelow('.').filter((path) => path.endsWith('.md'))]
}
