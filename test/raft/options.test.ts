/** Options: the defaults are valid, and what cannot be is refused with its name and a reason. */
import { describe, expect, test } from 'vitest'
import { defaultOptions, OptionError, type RaftOptions, raftOptions } from '../../src/raft/index.ts'

test('the defaults are options', () => {
  expect(raftOptions()).toEqual(defaultOptions)
  expect(raftOptions({ heartbeatIntervalMs: 20 })).toEqual({
    ...defaultOptions,
    heartbeatIntervalMs: 20,
  })
})

describe('refused', () => {
  const cases: [Partial<RaftOptions>, string][] = [
    [{ electionTimeoutMinMs: 0 }, 'electionTimeoutMinMs must be a number from 1 up; it is 0'],
    [{ electionTimeoutMaxMs: 149 }, 'electionTimeoutMaxMs must be a number from 150 up; it is 149'],
    [{ heartbeatIntervalMs: 0 }, 'heartbeatIntervalMs must be'],
    [{ heartbeatIntervalMs: 150 }, 'heartbeatIntervalMs must be below electionTimeoutMinMs (150)'],
    [{ electionTimeoutMaxMs: Number.POSITIVE_INFINITY }, 'electionTimeoutMaxMs must be'],
    [{ electionTimeoutMinMs: Number.NaN }, 'electionTimeoutMinMs must be'],
    [{ appendEntriesBytesMax: 0 }, 'appendEntriesBytesMax must be'],
    [{ inflightMessagesMax: 0 }, 'inflightMessagesMax must be'],
    [{ inflightBytesMax: 0 }, 'inflightBytesMax must be'],
    [{ commandBytesMax: 0 }, 'commandBytesMax must be'],
    [{ uncommittedBytesMax: 0 }, 'uncommittedBytesMax must be'],
    [{ applyEntriesMax: 0 }, 'applyEntriesMax must be'],
    [{ diskSilenceMaxMs: 0 }, 'diskSilenceMaxMs must be null or a number from 1 up; it is 0'],
    [{ applyEntriesMax: -1 }, 'applyEntriesMax must be'],
  ]
  for (const [given, message] of cases) {
    test(message, () => {
      expect(() => raftOptions(given)).toThrow(OptionError)
      expect(() => raftOptions(given)).toThrow(message)
      try {
        raftOptions(given)
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_OPTION', option: message.split(' ')[0] })
      }
    })
  }
})
