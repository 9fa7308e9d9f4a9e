/** Bytes that should be the same and are not, for people: as text where they are text; not all. */
import { utf8Decode } from '../../base/bytes.ts'

/** Characters that are shown of each, and how many of them before the first difference. */
const shownMax = 120
const shownBefore = 40

export function differenceOf(one: Uint8Array, other: Uint8Array): [string, string] {
  const texts = [utf8Decode(one), utf8Decode(other)]
  const areTexts = texts.every((text) => text !== null && isPlain(text))
  const [first, second] = (areTexts ? texts : [hex(one), hex(other)]) as [string, string]
  let at = 0
  while (at < first.length && first[at] === second[at]) at += 1
  return [excerpt(first, at), excerpt(second, at)]
}

function excerpt(text: string, at: number): string {
  if (text === '') return 'nothing'
  const from = text.length <= shownMax ? 0 : Math.max(0, at - shownBefore)
  const shown = text.slice(from, from + shownMax)
  return `${from > 0 ? '…' : ''}${shown}${from + shownMax < text.length ? '…' : ''}`
}

/** No control characters. */
function isPlain(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
