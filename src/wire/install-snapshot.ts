/**
 * InstallSnapshot on the wire: a chunk of a snapshot, and how much of it has arrived (§5.1).
 */
import { noBytes } from '../base/bytes.ts'
import {
  type InstallSnapshotRequest,
  type InstallSnapshotResponse,
  installSnapshotRequest,
  installSnapshotResponse,
  type ServerId,
  snapshot,
} from '../raft/index.ts'
import type * as generated from './generated/raft.js'
import { numberOf } from './number-field.ts'

export function toInstallSnapshotRequest(
  message: InstallSnapshotRequest,
): generated.InstallSnapshotRequest.$Properties {
  const { lastIndex, lastTerm, configuration, size, checksum } = message.snapshot
  return {
    Term: message.term,
    LastIndex: lastIndex,
    LastTerm: lastTerm,
    Configuration: configuration,
    Size: size,
    Checksum: checksum,
    Offset: message.offset,
    Data: message.data,
    ChunkChecksum: message.checksum,
    RequestId: message.requestId,
  }
}

/** The bytes are copies: the datagram's are not kept. */
export function fromInstallSnapshotRequest(
  request: generated.InstallSnapshotRequest.$Properties,
  from: ServerId,
  to: ServerId,
): InstallSnapshotRequest {
  const taken = snapshot(
    numberOf(request.LastIndex),
    numberOf(request.LastTerm),
    Uint8Array.from(request.Configuration ?? noBytes),
    numberOf(request.Size),
    request.Checksum ?? 0,
  )
  return installSnapshotRequest(
    from,
    to,
    numberOf(request.Term),
    taken,
    numberOf(request.Offset),
    Uint8Array.from(request.Data ?? noBytes),
    request.ChunkChecksum ?? 0,
    numberOf(request.RequestId),
  )
}

export function toInstallSnapshotResponse(
  message: InstallSnapshotResponse,
): generated.InstallSnapshotResponse.$Properties {
  return {
    Term: message.term,
    BytesStored: message.bytesStored,
    MatchIndex: message.matchIndex,
    RequestId: message.requestId,
  }
}

export function fromInstallSnapshotResponse(
  response: generated.InstallSnapshotResponse.$Properties,
  from: ServerId,
  to: ServerId,
): InstallSnapshotResponse {
  // The answered request stands the other way round.
  const answered = { from: to, to: from, requestId: numberOf(response.RequestId) }
  return installSnapshotResponse(
    answered,
    numberOf(response.Term),
    numberOf(response.BytesStored),
    numberOf(response.MatchIndex),
  )
}
