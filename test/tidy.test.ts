/**
 * The rules of the house, as tests: what the compiler and the formatter do not hold. Each failure
 * says file, line and rule. That the rules find what they are for is in test/tidy/rules.test.ts.
 */
import { describe, expect, test } from 'vitest'
import * as rules from './tidy/code-rules.ts'
import { documentPaths, exists, linkViolations, pathViolations } from './tidy/documents.ts'
import { circleViolations, deadFileViolations, entries, importViolations } from './tidy/imports.ts'
import { projectViolations, rooms, roomViolations } from './tidy/rooms.ts'
import { type Code, codeBelow, filesBelow, readText, type Violation } from './tidy/tree.ts'

const source = codeBelow('src')
const tests = codeBelow('test')
const scripts = codeBelow('scripts')
const bin = codeBelow('bin')
const allFiles = filesBelow('.')
const house = rooms()

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const { dependencies, devDependencies } = JSON.parse(readText('package.json')) as Package

/** None of the files breaks the rule; those that do are listed. */
function expectTidy(codes: readonly Code[], rule: (code: Code) => Violation[]): void {
  expect(codes.length).toBeGreaterThan(0)
  expect(codes.flatMap(rule)).toEqual([])
}

describe('who may import whom', () => {
  test('every folder of src/ has its place, and the arrows only go down', () => {
    expect(house.size).toBeGreaterThan(8)
    expect(roomViolations(house)).toEqual([])
    expect(projectViolations(house)).toEqual([])
  })

  test('imports go along the arrows, through index.ts, to declared dependencies', () => {
    const declared = new Set(Object.keys(dependencies))
    expectTidy(source, (code) => importViolations(code, house, declared))
  })

  test('no files import each other in a circle at run time', () => {
    expect(circleViolations(source)).toEqual([])
  })

  test('every file of src/ is reached from a program or an export', () => {
    expect(deadFileViolations(source, entries(bin))).toEqual([])
  })
})

describe('what may stand where', () => {
  test('clock, dice and platform come through ports; what is pure is synchronous', () => {
    expectTidy(source, rules.bannedViolations)
  })

  test('no default exports', () => {
    expectTidy([...source, ...tests], rules.defaultExportViolations)
  })

  test('programs in bin/ only load', () => {
    expectTidy(bin, rules.programViolations)
  })

  test('dependencies have exact versions', () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/)
    }
  })
})

describe('size', () => {
  test(`files have ${rules.fileLinesMax} lines, lines ${rules.lineLengthMax} characters`, () => {
    expectTidy([...source, ...tests, ...scripts, ...bin], rules.lengthViolations)
  })

  test(`functions have ${rules.functionLinesMax} lines`, () => {
    expectTidy([...source, ...scripts, ...bin], rules.functionViolations)
  })

  test('files that may be longer exist, and need it', () => {
    const long = source.filter(({ lines }) => lines.length > rules.fileLinesMax)
    expect([...rules.longFiles.keys()]).toEqual(long.map(({ path }) => path))
  })
})

describe('names and comments', () => {
  test('files open with a comment that says what lives there', () => {
    expectTidy([...source, ...tests, ...scripts], rules.openingViolations)
  })

  test('files and folders are named in kebab-case, and for what they hold', () => {
    const named = ['src', 'test', 'docs', 'scripts', 'bin', 'proto'].flatMap(filesBelow)
    expect(named.flatMap(rules.fileNameViolations)).toEqual([])
  })

  test('types are named for what they are', () => {
    expectTidy([...source, ...tests], rules.typeNameViolations)
  })

  test('nothing is left to be done later', () => {
    expectTidy([...source, ...tests, ...scripts, ...bin], rules.leftoverViolations)
  })
})

describe('tests', () => {
  test('all run, always', () => {
    expectTidy(tests, rules.suspendedTestViolations)
  })

  test('print nothing', () => {
    expectTidy(tests, rules.consoleViolations)
  })
})

describe('documents', () => {
  const documents = documentPaths().map((path) => ({ path, text: readText(path) }))

  test('have no dead links', () => {
    expect(documents.flatMap((document) => linkViolations(document, readText))).toEqual([])
  })

  test('name no files that are not there; nor do comments', () => {
    // A plan may name what is not there yet; decisions and the map speak of what is.
    const written = [...documents, ...source, ...scripts]
    expect(written.flatMap((document) => pathViolations(document, allFiles))).toEqual([])
  })

  test('ARCHITECTURE.md speaks of every folder of src/', () => {
    const text = exists('ARCHITECTURE.md') ? readText('ARCHITECTURE.md') : null
    const silent = text === null ? [] : [...house.keys()].filter((n) => !text.includes(`src/${n}`))
    expect(silent).toEqual([])
  })

  test('the dissertation map names every test of the dissertation', () => {
    const map = readText('docs/dissertation-map.md')
    const unnamed = filesBelow('test/dissertation').filter((path) => !map.includes(path))
    expect(unnamed).toEqual([])
  })
})
