/**
 * Options that are on or off, and what the environment says of them. commander takes any value of
 * a variable for on, `false` too, and one that must not found a cluster might.
 */
import { type Command, Option } from 'commander'

/** On where it is given, or where its variable says so. */
export interface Switch {
  readonly option: Option
  readonly variable: string
}

export function makeSwitch(flag: string, what: string, variable: string): Switch {
  return { option: new Option(flag, `${what} (env: ${variable})`), variable }
}

/** Turns on what the environment asks for; anything but a yes or a no is wrong usage. */
export function readSwitches(command: Command, switches: readonly Switch[]): void {
  for (const { option, variable } of switches) {
    const text = process.env[variable]
    const isOn = text === undefined ? false : parseSwitch(text)
    if (isOn === null) {
      command.error(
        `error: ${variable} is ${JSON.stringify(text)}; it must be 1 or true, or else 0, false ` +
          'or empty',
      )
    }
    const name = option.attributeName()
    if (isOn && command.getOptionValue(name) === undefined) {
      command.setOptionValueWithSource(name, true, 'env')
    }
  }
}

/** Null: it is neither. */
function parseSwitch(text: string): boolean | null {
  switch (text.trim().toLowerCase()) {
    case '1':
    case 'true':
      return true
    case '':
    case '0':
    case 'false':
      return false
    default:
      return null
  }
}

/** The two exclude each other, wherever they come from. */
export function refuseBoth(command: Command, one: Switch, other: Switch): void {
  const isGiven = ({ option }: Switch) => command.getOptionValue(option.attributeName()) === true
  if (!isGiven(one) || !isGiven(other)) return
  command.error(`error: ${sourceOf(command, one)} cannot be used with ${sourceOf(command, other)}`)
}

function sourceOf(command: Command, { option, variable }: Switch): string {
  const isFromEnvironment = command.getOptionValueSource(option.attributeName()) === 'env'
  return isFromEnvironment ? `environment variable '${variable}'` : `option '${option.flags}'`
}
