// Whether the judgement on two schemas agrees with what a validator says of values.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { misfitsOf, type Schema } from '../../scripts/breaking-changes/schemas.ts';

const limit = (max: number) => fc.option(fc.integer({ min: 0, max }), { nil: undefined });
const withoutUnset = (schema: object): Schema => JSON.parse(JSON.stringify(schema));
const { schema: anySchema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.record({ type: fc.constant('string'), minLength: limit(2), maxLength: limit(3) }),
    fc.record({ type: fc.constantFrom('integer', 'number'), minimum: limit(2), maximum: limit(3) }),
    fc.record({ enum: fc.subarray(['', 'a', 1, null], { minLength: 1 }) }),
    fc.constantFrom<Schema>({}, { type: 'null' }, { type: ['string', 'null'] }, { const: 'a' }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ type: fc.constant('array'), items: tie('schema'), maxItems: limit(2) }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.record({ a: tie('schema'), b: tie('schema') }, { requiredKeys: [] }),
      additionalProperties: fc.constant(false),
      required: fc.constantFrom([], ['a']),
    }),
  ),
}));
const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('', 'a', 'ab', 'abc', 0, 1, 2, 3, 0.5, null),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.record({ a: tie('value'), b: tie('value') }, { requiredKeys: [] }),
  ),
})).value;

describe('two schemas without misfits', () => {
  const resolve = () => ({});
  const misfits = (sent: Schema, taken: Schema) =>
    misfitsOf({
      sent: { schema: sent, resolve },
      taken: { schema: taken, resolve },
      isRequest: true,
    });

  it('agree: whatever the one allows, the other allows too', () => {
    const ajv = new Ajv2020({ strict: false, addUsedSchema: false });
    let agreed = 0;
    fc.assert(
      fc.property(
        anySchema.map(withoutUnset),
        anySchema.map(withoutUnset),
        fc.array(anyValue, { minLength: 5, maxLength: 20 }),
        (sent, taken, values) => {
          if (misfits(sent, taken).length > 0) return;
          agreed += 1;
          const allows = ajv.compile(sent);
          const takes = ajv.compile(taken);
          for (const value of values) {
            if (allows(value))
              expect(takes(value), JSON.stringify({ sent, taken, value })).toBe(true);
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(agreed).toBeGreaterThan(100);
  });

  it('are at least a schema and itself', () => {
    fc.assert(
      fc.property(anySchema.map(withoutUnset), (schema) => {
        expect(misfits(schema, schema)).toEqual([]);
      }),
    );
  });
});
