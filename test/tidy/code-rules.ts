/**
 * Rules on single files of code: lengths, names, comments, and what may not be mentioned where.
 */
import { basename } from 'node:path'
import ts from 'typescript'
import { portRooms, pureRooms } from './rooms.ts'
import { type Code, roomOf, type Violation } from './tree.ts'

export const fileLinesMax = 300
/** For files in `longFiles` alone. */
export const fileLinesHardMax = 400
/** raft.ts only dispatches. */
const dispatcherLinesMax = 200
export const functionLinesMax = 70
export const lineLengthMax = 100

/** Files that may be longer than others, each with its reason. */
export const longFiles: ReadonlyMap<string, string> = new Map()

export function lengthViolations(code: Code): Violation[] {
  const { path, lines } = code
  const most = path === 'src/raft/raft.ts' ? dispatcherLinesMax : fileLinesMax
  const max = longFiles.has(path) ? fileLinesHardMax : most
  const violations: Violation[] = []
  if (lines.length > max) violations.push(`${path}:${max} has ${lines.length} lines, over ${max}`)
  for (const [i, line] of lines.entries()) {
    const { length } = [...line]
    if (length > lineLengthMax) violations.push(`${path}:${i + 1} is ${length} characters long`)
  }
  return violations
}

export function functionViolations(code: Code): Violation[] {
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) continue
    const lines = code.text.slice(node.getStart(code.parsed), node.end).split('\n').length
    if (lines > functionLinesMax) {
      violations.push(`${code.at(node)} is a function of ${lines} lines, over ${functionLinesMax}`)
    }
  }
  return violations
}

export function openingViolations({ path, text }: Code): Violation[] {
  const opening = text.replace(/^#!.*\n/, '')
  return /^(\/\*\*|\/\/)/.test(opening) ? [] : [`${path}:1 does not open with a comment`]
}

// Put together here, or this file would be the first to break the rule.
const leftover = new RegExp(`\\b(${'TO'}DO|${'FIX'}ME)\\b`)

export function leftoverViolations({ path, lines }: Pick<Code, 'path' | 'lines'>): Violation[] {
  return lines.flatMap((line, i) => {
    const found = leftover.exec(line)
    return found === null ? [] : [`${path}:${i + 1} says ${found[0]}: do it, or write it down`]
  })
}

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/
const emptyNames = /^(utils?|helpers?|common|misc|shared)\./

export function fileNameViolations(path: string): Violation[] {
  const violations: Violation[] = []
  for (const part of path.split('/')) {
    if (!kebabCase.test(part)) violations.push(`${path}:1 '${part}' is not in kebab-case`)
  }
  if (emptyNames.test(basename(path))) violations.push(`${path}:1 has a name that says nothing`)
  return violations
}

/** Of classes, interfaces and types: no prefix that says what the keyword says, no empty suffix. */
export function typeNameViolations(code: Code): Violation[] {
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) continue
    const name = node.name?.text ?? ''
    if (/^I[A-Z][a-z]/.test(name) || /(Impl|Manager|Helper|Util|Utils)$/.test(name)) {
      violations.push(`${code.at(node)} ${name}: a name with I, Impl, Manager, Helper or Utils`)
    }
  }
  return violations
}

export function defaultExportViolations(code: Code): Violation[] {
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    const isDefault =
      (ts.isExportAssignment(node) && node.isExportEquals !== true) ||
      (node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent)) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default')
    if (isDefault) violations.push(`${code.at(node)} exports a default: name it`)
  }
  return violations
}

/** What belongs to a platform. */
const platform = [
  ...['Buffer', 'process', 'console', 'fetch', 'performance', 'globalThis', 'require', 'crypto'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'TextEncoder', 'TextDecoder'],
]
const bannedOverPorts = new Set([...platform, 'Date'])
const bannedWherePure = new Set([...bannedOverPorts, 'Promise'])

/** Time, dice and the platform come through ports; where it is pure, nothing is asynchronous. */
export function bannedViolations(code: Code): Violation[] {
  const room = roomOf(code.path)
  const isPure = pureRooms.includes(room)
  if (!isPure && !portRooms.includes(room)) return bannedOutsideTheTerminal(code)
  const banned = isPure ? bannedWherePure : bannedOverPorts
  const own = declaredIn(code)
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    const asynchronous =
      node.kind === ts.SyntaxKind.AsyncKeyword || node.kind === ts.SyntaxKind.AwaitKeyword
    if (isMathRandom(node)) violations.push(`${code.at(node)} ${room} has no Math.random`)
    else if (
      ts.isIdentifier(node) &&
      banned.has(node.text) &&
      isFree(node) &&
      !own.has(node.text)
    ) {
      violations.push(`${code.at(node)} ${room} has no ${node.text}`)
    } else if (isPure && (asynchronous || ts.isAwaitExpression(node))) {
      violations.push(`${code.at(node)} ${room} is synchronous`)
    }
  }
  return violations
}

/** Only programs print. */
function bannedOutsideTheTerminal(code: Code): Violation[] {
  if (roomOf(code.path) === 'cli') return []
  return consoleViolations(code)
}

export function consoleViolations(code: Code): Violation[] {
  if (declaredIn(code).has('console')) return []
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    if (ts.isIdentifier(node) && node.text === 'console' && isFree(node)) {
      violations.push(`${code.at(node)} prints to the console`)
    }
  }
  return violations
}

/** Names that a file declares: where one of them is `process`, that is not the platform's. */
function declaredIn(code: Code): Set<string> {
  const names = new Set<string>()
  for (const node of code.nodes()) {
    const declares =
      ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)
    if (declares && ts.isIdentifier(node.name)) names.add(node.name.text)
  }
  return names
}

function isMathRandom(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random'
}

/** A name that stands for itself, not a property of something or a key. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isQualifiedName(parent)) return parent.right !== node
  const isKey =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent)
  return !(isKey && parent.name === node)
}

const suspended = new Set(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails'])
const runners = new Set(['test', 'it', 'describe', 'suite'])

/** Every test runs, always. */
export function suspendedTestViolations(code: Code): Violation[] {
  const violations: Violation[] = []
  for (const node of code.nodes()) {
    if (!ts.isPropertyAccessExpression(node) || !suspended.has(node.name.text)) continue
    const [runner = ''] = node.getText().split('.')
    if (runners.has(runner)) violations.push(`${code.at(node)} ${node.getText()}: every test runs`)
  }
  return violations
}

/** Programs in bin/ only load. */
export function programViolations(code: Code): Violation[] {
  if (!code.text.startsWith('#!')) return []
  const { length } = code.lines
  return length <= 6 ? [] : [`${code.path}:7 a program in bin/ has 6 lines, not ${length}`]
}
