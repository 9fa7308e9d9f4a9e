#!/usr/bin/env node
import { main } from '../dist/cli/kontiki.js'

await main(process.argv.slice(2))
