/** The core by itself: three of them, whose messages are handed over as they are. */
import { Random } from '../dist/base/random.js'
import { configuration, Raft, saved } from '../dist/raft/index.js'

export const about =
  'three cores in one thread without wire, disk or network: commands committed a second, so many ' +
  'proposed at a time'

const names = ['a', 'b', 'c']

export async function run({ levels, payloadBytes, warmUpMs, measureMs }) {
  return levels.map((inFlight) => {
    const cores = elect()
    const command = new Uint8Array(payloadBytes)
    const leader = cores.get('a')
    let id = 0
    const round = () => {
      for (let i = 0; i < inFlight; i++) {
        leader.step({ kind: 'propose', proposalId: ++id, entryKind: 'command', command }, 1000)
      }
      settle(cores)
    }
    for (const until = performance.now() + warmUpMs; performance.now() < until; ) round()
    const [began, before] = [performance.now(), leader.state.commitIndex]
    while (performance.now() < began + measureMs) round()
    const perSecond = (leader.state.commitIndex - before) / ((performance.now() - began) / 1000)
    return { what: 'core', inFlight, payloadBytes, unit: 'commands/s', perSecond }
  })
}

function elect() {
  const cores = new Map(names.map((id) => [id, makeCore(id)]))
  cores.get('a').step({ kind: 'tick' }, 1000)
  settle(cores)
  if (cores.get('a').state.role.kind !== 'leader') throw new Error('a was to be elected')
  return cores
}

function makeCore(id) {
  const recovered = { currentTerm: 0, votedFor: null, entries: [], snapshot: null }
  const setup = {
    id,
    configuration: configuration(names),
    random: new Random(id),
    now: 0,
    recovered,
  }
  // Only a's time is ever up: the others hear it before.
  const timeout = id === 'a' ? 1 : 1_000_000
  const options = {
    electionTimeoutMinMs: 100 * timeout,
    electionTimeoutMaxMs: 100 * timeout,
    heartbeatIntervalMs: 50,
  }
  return new Raft({ ...setup, options })
}

/** Until nobody has anything to say; disks are immediate. */
function settle(cores) {
  for (let moved = true; moved; ) {
    moved = false
    for (const core of cores.values()) {
      const { send, save } = core.takeEffects()
      const messages = [...send]
      if (save !== null) {
        core.step(saved(save), 1000)
        messages.push(...save.thenSend)
      }
      for (const message of messages) {
        moved = true
        cores.get(message.to).step({ kind: 'receive', message }, 1000)
      }
      if (save !== null) moved = true
    }
  }
}
