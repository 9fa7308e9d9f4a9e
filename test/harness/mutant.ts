/** A copy of the build in which one of the mistakes of scripts/mutants/list.mjs has been made. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'

interface Mutant {
  readonly name: string
  readonly file: string
  readonly replace: string
  readonly by: string
}

const root = join(import.meta.dirname, '../..')

/** A copy of what runs. One mistake at a time is made in it: the one before is put right. */
export class MutantBuild {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'kontiki-mutant-'))
  #planted: { readonly path: string; readonly original: string } | null = null

  constructor() {
    const runs = (path: string): boolean => !/\.(d\.ts|map|tsbuildinfo)$/.test(path)
    for (const part of ['dist', 'bin', 'package.json']) {
      cpSync(join(root, part), join(this.folder, part), { recursive: true, filter: runs })
    }
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'))
  }

  async plant(name: string): Promise<void> {
    const list = pathToFileURL(join(root, 'scripts/mutants/list.mjs')).href
    const { mutants } = (await import(list)) as { mutants: readonly Mutant[] }
    const mutant = mutants.find((one) => one.name === name)
    if (mutant === undefined) throw new Error(`there is no mutant ${name}`)
    const { file, replace, by } = mutant
    const source = readFileSync(join(root, file), 'utf8')
    if (source.split(replace).length !== 2) throw new Error(`${name} does not apply to ${file}`)
    this.#restore()
    const path = join(this.folder, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'))
    this.#planted = { path, original: readFileSync(path, 'utf8') }
    writeFileSync(
      path,
      compiled(
        source.replace(replace, () => by),
        file,
      ),
    )
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #restore(): void {
    if (this.#planted !== null) writeFileSync(this.#planted.path, this.#planted.original)
  }
}

function compiled(source: string, fileName: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  }
  return ts.transpileModule(source, { compilerOptions, fileName }).outputText
}
