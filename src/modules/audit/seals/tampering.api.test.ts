import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  type AuditVerdict,
  MAX_NAMED_BREAKS,
  sealEntries,
  type VerifyOptions,
  verifyAudit,
} from './seals.service.ts';
import { record, seals } from './seals.testkit.ts';

const SEALED = 30;
const WAITING = 25;

let test: TestApp;
/** By number of its seal; the first is 1. */
let entryOf: readonly string[];
beforeAll(async () => {
  test = await createTestApp();
  await record(test.system, SEALED);
  await sealEntries(test.system);
  await record(test.system, WAITING);
  entryOf = ['', ...(await seals(test)).map(({ entry_id }) => entry_id)];
});
afterAll(() => test.close());

/** What is found after a superuser has done `statements` without triggers and foreign keys; it is then undone. */
async function findAfter(statements: string, options?: VerifyOptions): Promise<AuditVerdict> {
  const undone = new Error('undone');
  let verdict: AuditVerdict | undefined;
  const work = test.services.db.transaction().execute(async (db) => {
    await sql.raw(`SET LOCAL session_replication_role = replica; ${statements}`).execute(db);
    verdict = await verifyAudit({ ...test.services, db }, options);
    throw undone;
  });
  await expect(work).rejects.toBe(undone);
  if (verdict === undefined) throw new Error('nothing was found');
  return verdict;
}

/** SQL for the entry of seal `seq`. */
const entry = (seq: number) => `(SELECT entry_id FROM audit_seals WHERE seq = ${seq})`;
const changed = (seq: number) => ({ kind: 'entry_changed', seq, entry_id: entryOf[seq] });
const FORGED_ID = '01900000-0000-7000-8000-000000000001';
const FORGED_ENTRY = `INSERT INTO audit_entries VALUES ('${FORGED_ID}', NULL, 'system', 'thing.forged', 'thing', '1', '{}', NULL, NULL, now())`;
const forgedSeal = (key_id: string) =>
  `INSERT INTO audit_seals SELECT ${SEALED + 1}, '${FORGED_ID}', ${key_id}, sha256('forged'), now() FROM audit_seals WHERE seq = 1`;

it('an unchanged log is whole', async () => {
  expect(await findAfter('SELECT 1')).toMatchObject({
    sealed: SEALED,
    unsealed: WAITING,
    broken: 0,
    breaks: [],
  });
});

describe('an entry that was changed is named, whatever of it was changed', () => {
  it.each([
    `changes = '{"size": [null, 99]}'`,
    // The same number to JavaScript, but not what was written.
    `changes = '{"size": [null, 7.0]}'`,
    `changes = '{"size": [null, 7], "more": null}'`,
    'actor_id = gen_random_uuid()',
    `actor_role = 'admin'`,
    `action = 'thing.removed'`,
    `object_type = 'person'`,
    `object_id = 'thing 8'`,
    `ip_prefix = '10.0.0.0/24'`,
    'request_id = NULL',
    `created_at = created_at + interval '1 microsecond'`,
    `created_at = 'infinity'`,
    // Moved from one column into the next.
    `action = 'thing.change', object_type = 'dthing'`,
  ])('%s', async (change) => {
    const verdict = await findAfter(`UPDATE audit_entries SET ${change} WHERE id = ${entry(7)}`);
    expect(verdict.breaks).toEqual([changed(7)]);
  });
});

describe('what was removed is named', () => {
  it('an entry', async () => {
    const verdict = await findAfter(`DELETE FROM audit_entries WHERE id = ${entry(4)}`);
    expect(verdict.breaks).toEqual([{ kind: 'entry_gone', seq: 4, entry_id: entryOf[4] }]);
  });

  it('an entry together with its seal', async () => {
    const verdict = await findAfter(
      `DELETE FROM audit_entries WHERE id = ${entry(4)}; DELETE FROM audit_seals WHERE seq = 4`,
    );
    expect(verdict.breaks).toEqual([{ kind: 'seals_gone', from: 4, to: 4 }]);
  });

  it('the beginning of the chain', async () => {
    const verdict = await findAfter(
      `DELETE FROM audit_entries WHERE id IN (${entry(1)}, ${entry(2)}); DELETE FROM audit_seals WHERE seq < 3`,
    );
    expect(verdict.breaks).toEqual([{ kind: 'seals_gone', from: 1, to: 2 }]);
  });

  it('a seal alone, whose entry then has none', async () => {
    const verdict = await findAfter('DELETE FROM audit_seals WHERE seq = 4');
    expect(verdict.breaks).toEqual([
      { kind: 'seals_gone', from: 4, to: 4 },
      { kind: 'entry_never_sealed', entry_id: entryOf[4] },
    ]);
  });

  it('an entry that was not sealed yet', async () => {
    const verdict = await findAfter(
      'DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_unsealed ORDER BY entry_id LIMIT 1)',
    );
    expect(verdict).toMatchObject({ unsealed: WAITING - 1, broken: 1 });
    expect(verdict.breaks).toEqual([{ kind: 'entry_gone_unsealed', entry_id: expect.any(String) }]);
  });
});

describe('a chain that is cut off at its end', () => {
  const cut = `DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_seals WHERE seq > 20); DELETE FROM audit_seals WHERE seq > 20`;

  it('is noticed by whoever kept a head of it', async () => {
    const { head } = await verifyAudit(test.services);
    expect(head?.seq).toBe(SEALED);
    expect(await verifyAudit(test.services, { head })).toMatchObject({ broken: 0 });
    const verdict = await findAfter(cut, { head });
    expect(verdict.breaks).toEqual([{ kind: 'head_gone', seq: SEALED }]);
  });

  it('and was then continued holds another head of that number', async () => {
    const { head } = await verifyAudit(test.services);
    const elsewhere = head && { ...head, hash: Buffer.alloc(32, 1) };
    expect((await findAfter('SELECT 1', { head: elsewhere })).breaks).toEqual([
      { kind: 'head_gone', seq: SEALED },
    ]);
  });

  it('is noticed without one where the entries stayed', async () => {
    const verdict = await findAfter('DELETE FROM audit_seals WHERE seq > 20');
    expect(verdict).toMatchObject({ sealed: 20, broken: 10 });
    expect(verdict.breaks[0]).toEqual({ kind: 'entry_never_sealed', entry_id: entryOf[21] });
  });
});

describe('what was moved or forged is named', () => {
  it('two entries that changed places', async () => {
    const [second, fifth] = [entryOf[2], entryOf[5]];
    const verdict = await findAfter(
      `UPDATE audit_seals SET entry_id = gen_random_uuid() WHERE seq = 2;
       UPDATE audit_seals SET entry_id = '${second}' WHERE seq = 5;
       UPDATE audit_seals SET entry_id = '${fifth}' WHERE seq = 2`,
    );
    expect(verdict.breaks).toEqual([
      { kind: 'entry_changed', seq: 2, entry_id: fifth },
      { kind: 'entry_changed', seq: 5, entry_id: second },
    ]);
  });

  it('two seals that changed places', async () => {
    const verdict = await findAfter(
      `UPDATE audit_seals SET seq = 1000 WHERE seq = 2;
       UPDATE audit_seals SET seq = 2 WHERE seq = 3;
       UPDATE audit_seals SET seq = 3 WHERE seq = 1000`,
    );
    expect(verdict.breaks.map((found) => 'seq' in found && found.seq)).toEqual([2, 3, 4]);
  });

  it('an entry that got a seal without the secret', async () => {
    const verdict = await findAfter(`${FORGED_ENTRY}; ${forgedSeal('key_id')}`);
    expect(verdict.breaks).toEqual([
      { kind: 'entry_changed', seq: SEALED + 1, entry_id: FORGED_ID },
    ]);
  });

  it('an entry that was sealed with another secret', async () => {
    const verdict = await findAfter(`${FORGED_ENTRY}; ${forgedSeal("'0123456789abcdef'")}`);
    expect(verdict.breaks).toEqual([
      {
        kind: 'key_unknown',
        seq: SEALED + 1,
        entry_id: FORGED_ID,
        key_id: '0123456789abcdef',
      },
    ]);
  });

  it('an entry that was slipped past the queue', async () => {
    const verdict = await findAfter(FORGED_ENTRY);
    expect(verdict.breaks).toEqual([{ kind: 'entry_never_sealed', entry_id: FORGED_ID }]);
  });

  it('a seal with another time', async () => {
    const verdict = await findAfter(
      `UPDATE audit_seals SET sealed_at = sealed_at + interval '1 microsecond' WHERE seq = 9`,
    );
    expect(verdict.breaks).toEqual([changed(9)]);
  });

  it('a seal with another hash, and the one that stands on it', async () => {
    const verdict = await findAfter(`UPDATE audit_seals SET hash = sha256('x') WHERE seq = 9`);
    expect(verdict.breaks).toEqual([changed(9), changed(10)]);
  });
});

describe('of several breaks', () => {
  it('the first along the chain is named first', async () => {
    const verdict = await findAfter(
      `UPDATE audit_entries SET action = 'x' WHERE id IN (${entry(22)}, ${entry(11)}, ${entry(13)})`,
    );
    expect(verdict.breaks).toEqual([changed(11), changed(13), changed(22)]);
  });

  it('all are counted, and as many named as a person can read', async () => {
    const verdict = await findAfter(
      `UPDATE audit_entries SET action = 'x'; DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_unsealed)`,
    );
    expect(verdict.broken).toBe(SEALED + WAITING);
    expect(verdict.breaks).toHaveLength(MAX_NAMED_BREAKS);
  });
});
