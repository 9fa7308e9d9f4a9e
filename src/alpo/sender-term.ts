/**
 * The senderTerm rules (A3), which every request and every rejection goes through first: they
 * spread the latest term and find out who is out of date.
 */
import { type Rejection, type Request, rejection } from './message.ts'
import { adoptTerm, passivate } from './role.ts'
import type { AlpoState } from './state.ts'

/** Whether the request is to be processed; otherwise it was rejected. */
export function checkSenderTerm(alpo: AlpoState, request: Request): boolean {
  const { senderTerm, from } = request
  if (senderTerm < alpo.currentTerm) {
    alpo.outbox.send.push(rejection(request, alpo.currentTerm))
    return false
  }
  if (senderTerm > alpo.currentTerm) {
    adoptTerm(alpo, senderTerm)
    passivate(alpo, `${from} is in term ${senderTerm}`)
  }
  return true
}

/**
 * "When the sender receives the rejection it updates its currentTerm to match the one in the
 * response, then passivates." A rejection that comes so late that the term is an old one by now
 * says nothing new.
 */
export function handleRejection(alpo: AlpoState, { currentTerm, from }: Rejection): void {
  if (currentTerm <= alpo.currentTerm) return
  adoptTerm(alpo, currentTerm)
  passivate(alpo, `${from} is in term ${currentTerm}`)
}
