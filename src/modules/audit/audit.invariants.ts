// What must hold of audit entries, their seals and the partitions of both.
import type { Invariant } from '../../db/invariants/invariant.ts';

export const auditInvariants: readonly Invariant[] = [
  {
    name: 'an audit entry is sealed or waits for its seal',
    sql: `SELECT format('entry %s', e.id) AS detail FROM audit_entries e
      WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = e.id)
        AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.entry_id = e.id)`,
  },
  {
    name: 'an audit entry and its seal lie in partitions of the same months',
    sql: `SELECT format('%s has no partition of seals like it', e.name) AS detail FROM partitions_of('audit_entries') e
      WHERE NOT EXISTS (
        SELECT FROM partitions_of('audit_seals') s WHERE s.name = replace(e.name, 'audit_entries_', 'audit_seals_')
          AND (s.lower_id, s.upper_id, s.is_default) IS NOT DISTINCT FROM (e.lower_id, e.upper_id, e.is_default))`,
  },
];
