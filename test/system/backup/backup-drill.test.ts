import { describe, expect, it } from 'vitest';
import { drill } from '../../../scripts/drill-restore.ts';
import { hasPgbackrest } from '../../support/processes/backup-tools.ts';

const SHORT = { orders: 2, archiveTimeout_s: 1, isDurable: false, printProgress: () => {} };
const LONGEST_MS = 180_000;

/** Bounds that a drill of a small database stays within on a slow machine; `npm run drill:restore` prints real figures. */
const MAX_RTO_S = 90;

describe.skipIf(!hasPgbackrest)('after an operator deleted rows and the disk was lost', () => {
  it(
    'any moment comes back exactly out of the second repository',
    async () => {
      const result = await drill({ ...SHORT, method: 'pgbackrest' });
      expect(result).toMatchObject({ differences: [], rpo_s: 0 });
      expect(result.damage).toBeGreaterThan(0);
      expect(result.rto_s).toBeLessThan(MAX_RTO_S);
    },
    LONGEST_MS,
  );

  it(
    'the moment of the dump comes back exactly',
    async () => {
      const result = await drill({ ...SHORT, method: 'pg_dump' });
      expect(result.differences).toEqual([]);
      expect(result.damage).toBeGreaterThan(0);
      expect(result.rpo_s).toBeGreaterThan(0);
      expect(result.rto_s).toBeLessThan(MAX_RTO_S);
    },
    LONGEST_MS,
  );
});
