#!/usr/bin/env node
// Maelstrom starts its nodes without arguments: this is `kontiki maelstrom`.
import { load } from './load.js'

const { main } = await load('cli/kontiki.js')
await main(['maelstrom', ...process.argv.slice(2)])
