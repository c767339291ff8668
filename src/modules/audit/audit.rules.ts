// What of a row changed, as the audit log tells it.

/** `[before, after]` of every listed field whose value differs. */
export function changesBetween<Row extends object>(
  before: Row,
  after: Row,
  fields: readonly (keyof Row & string)[],
): Record<string, [unknown, unknown]> {
  const differing = fields.filter((field) => String(before[field]) !== String(after[field]));
  return Object.fromEntries(differing.map((field) => [field, [before[field], after[field]]]));
}
