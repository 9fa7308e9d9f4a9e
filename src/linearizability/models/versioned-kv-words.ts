/** What clients did with a key-value store, in words and in a few characters. */
import { unreachable } from '../../base/assert.ts'
import { noAnswer } from './register.ts'
import type { VersionedKvInput, VersionedKvOutput } from './versioned-kv.ts'

export function describeVersionedKv(
  input: VersionedKvInput,
  output: VersionedKvOutput | undefined,
): string {
  const asked = `asked to ${wish(input)}`
  return output === undefined ? `${asked}${noAnswer}` : `${asked}, and got ${outcome(output)}`
}

function wish(input: VersionedKvInput): string {
  const key = JSON.stringify(input.key)
  switch (input.kind) {
    case 'get':
      return `get ${key}`
    case 'put':
      return `put ${JSON.stringify(input.value)} to ${key}${ifVersion(input.expectedVersion)}`
    case 'delete':
      return `delete ${key}${ifVersion(input.expectedVersion)}`
    case 'cas':
      return `change ${key} from ${valueText(input.from)} to ${JSON.stringify(input.to)}`
    case 'increment':
      return `add ${input.by} to ${key}`
    case 'append':
      return `append ${JSON.stringify(input.value)} to ${key}`
    default:
      return unreachable(input)
  }
}

function outcome(output: VersionedKvOutput): string {
  switch (output.kind) {
    case 'value':
      return output.value === null
        ? 'nothing'
        : `${JSON.stringify(output.value)}${ofVersion(output.version)}`
    case 'changed':
      return `it done${ofVersion(output.version)}`
    case 'incremented':
      return `${output.sum}${ofVersion(output.version)}`
    case 'deleted':
      return output.existed ? 'it deleted' : 'told that it was absent'
    case 'conflict':
      return `a conflict${ofVersion(output.version)}`
    case 'refused':
      return 'told that it is no number'
    default:
      return unreachable(output)
  }
}

export function labelVersionedKv(
  input: VersionedKvInput,
  output: VersionedKvOutput | undefined,
): string {
  switch (input.kind) {
    case 'get':
      return output?.kind === 'value' ? `get ${valueText(output.value)}` : 'get'
    case 'put':
      return `put ${JSON.stringify(input.value)}${sign(output)}`
    case 'delete':
      return `delete${sign(output)}`
    case 'cas':
      return `${valueText(input.from)} → ${JSON.stringify(input.to)}${sign(output)}`
    case 'increment':
      return output?.kind === 'incremented' ? `+${input.by} = ${output.sum}` : `+${input.by}`
    case 'append':
      return `append ${JSON.stringify(input.value)}`
    default:
      return unreachable(input)
  }
}

function sign(output: VersionedKvOutput | undefined): string {
  if (output === undefined) return ''
  return output.kind === 'conflict' ? ' ✗' : ' ✓'
}

function ifVersion(expectedVersion: number | null): string {
  return expectedVersion === null ? '' : ` if its version is ${expectedVersion}`
}

function ofVersion(version: number | null): string {
  return version === null ? '' : ` (version ${version})`
}

function valueText(value: string | null): string {
  return value === null ? 'nil' : JSON.stringify(value)
}
