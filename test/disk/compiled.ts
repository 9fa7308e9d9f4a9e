/**
 * The folders that a child process needs, compiled from the sources as they are now: Node 20 runs
 * no TypeScript, and dist/ may be older than the sources.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../src', import.meta.url))

export interface Compiled {
  /** Writes a script beside the folders, from where it imports './disk/index.js' and the like. */
  script(name: string, text: string): string
  remove(): void
}

export function compile(): Compiled {
  const out = mkdtempSync(join(tmpdir(), 'kontiki-compiled-'))
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }')
  for (const folder of ['base', 'raft', 'ports', 'storage', 'disk']) {
    mkdirSync(join(out, folder))
    for (const name of readdirSync(join(root, folder))) {
      if (!name.endsWith('.ts')) continue
      const { outputText } = ts.transpileModule(readFileSync(join(root, folder, name), 'utf8'), {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2023,
          rewriteRelativeImportExtensions: true,
          verbatimModuleSyntax: true,
        },
      })
      writeFileSync(join(out, folder, name.replace(/\.ts$/, '.js')), outputText)
    }
  }
  return {
    script: (name, text) => {
      const path = join(out, name)
      writeFileSync(path, text)
      return path
    },
    remove: () => rmSync(out, { recursive: true, force: true }),
  }
}
