#!/usr/bin/env node
import { load } from './load.js'

const { main } = await load('cli/raftclient/main.js')
await main(process.argv.slice(2))
