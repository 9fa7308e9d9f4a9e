// Loads a built program. Where nothing is built, that is said in one line, with what to do.
import { existsSync } from 'node:fs'

/** The module at `path` in dist/, compiled from the same place in src/. */
export async function load(path) {
  const url = new URL(`../dist/${path}`, import.meta.url)
  if (!existsSync(url)) {
    process.stderr.write('kontiki: this copy is not built yet; build it with: npm run build\n')
    process.exit(1)
  }
  return import(url.href)
}
