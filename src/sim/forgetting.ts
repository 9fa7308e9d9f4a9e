/** Which servers may have forgotten what they had promised, so that it is no failure of theirs. */
import type { ServerId } from '../raft/index.ts'
import { isVoter } from '../raft/index.ts'
import { StorageError } from '../storage/index.ts'
import type { SimServer } from './sim-server.ts'
import type { World } from './world.ts'

/** A snapshot was found damaged while it was sent, on a disk of which that may be. */
export function hasLostItsSnapshot(world: World, owner: SimServer, error: Error): boolean {
  if (!(error instanceof StorageError) || error.code !== 'CORRUPT') return false
  return world.atlas.isDamaged(owner.place)
}

/** It was emptied, and has no vote by what `server` knows: its answers count for nothing. */
export function mayHaveForgotten(world: World, { state }: SimServer, peer: ServerId): boolean {
  const isVoting = state !== null && isVoter(state.configuration, peer)
  return world.serverNamed(peer).isEmptied && !isVoting
}
