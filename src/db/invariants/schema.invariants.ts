// What must hold of the guards that the schema itself sets.
import type { Invariant } from './invariant.ts';

const APPEND_ONLY = [
  'stock_movements',
  'audit_entries',
  'audit_seals',
  'audit_detached_seals',
  'order_events',
  'journal_entries',
  'journal_lines',
];

/** Where tables of ours lie. */
const SCHEMAS = "'public'::regnamespace, 'partitions'::regnamespace";

/** Bits of pg_trigger.tgtype. */
const ON_DELETE = 8;
const ON_UPDATE = 16;

export const schemaInvariants: readonly Invariant[] = [
  {
    name: 'append-only tables refuse changes',
    sql: `SELECT format('%s has no guard', t.name) AS detail
      FROM unnest(ARRAY['${APPEND_ONLY.join("', '")}']::regclass[]
        || ARRAY(SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent IN ('audit_entries'::regclass, 'audit_seals'::regclass))
      ) AS t (name)
      WHERE NOT EXISTS (
        SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
        WHERE g.tgrelid = t.name AND f.proname = 'refuse_change' AND g.tgenabled IN ('O', 'A')
          AND g.tgtype & ${ON_DELETE | ON_UPDATE} = ${ON_DELETE | ON_UPDATE})`,
  },
  {
    name: 'no guard of the schema is switched off',
    sql: `SELECT format('trigger %s on %s is disabled', tgname, tgrelid::regclass) AS detail
      FROM pg_trigger WHERE tgenabled = 'D' AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (${SCHEMAS}))
      UNION ALL
      SELECT format('constraint %s is not validated', conname) FROM pg_constraint
      WHERE NOT convalidated AND connamespace IN (${SCHEMAS})
      UNION ALL
      SELECT format('index %s is not valid', indexrelid::regclass) FROM pg_index
      WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (${SCHEMAS}))`,
  },
];
