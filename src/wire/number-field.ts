/**
 * Numbers as the generated code holds them.
 */

/**
 * A uint64 field's value, absent or not. The generated types promise a number, and StrictReader
 * makes one; but what stands in for an absent field is protobufjs's `Long` of 0.
 */
export function numberOf(field: number | null | undefined): number {
  return typeof field === 'number' ? field : 0
}
