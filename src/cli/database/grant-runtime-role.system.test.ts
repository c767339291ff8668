import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { onServer, queryAt } from '../../../test/support/database.ts';
import { createCustomer, fillCart, order, stockProduct } from '../../../test/support/market.ts';
import { createTwoRoles, type TwoRoles } from '../../../test/support/processes/two-roles.ts';
import { systemCtx } from '../../context.ts';
import { openDatabase } from '../../db/database.ts';
import { newBoss } from '../../jobs/queues/boss.ts';
import { startWorker } from '../../jobs/worker.ts';
import { EXIT } from '../../lib/exit.ts';
import { makePartitionsJob } from '../../modules/audit/audit.jobs.ts';
import { verifyAudit } from '../../modules/audit/seals/seals.service.ts';
import { allJobs } from '../../process/all-jobs.ts';
import { prepareDatabase } from '../../process/prepare.ts';
import { createLog, type Log } from '../../telemetry/log.ts';
import { checkDatabase } from '../doctor/database.ts';
import { verify } from '../maintenance/verify-audit.ts';
import { grantRuntimeRole } from './grant-runtime-role.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

const roles: string[] = [];
let two: TwoRoles;
let auditorUrl: string;
/** The API as the runtime role, on a database that was set up as the document says. */
let test: TestApp;

beforeAll(async () => {
  two = await createTwoRoles();
  await prepareDatabase(two.ownerUrl);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.stubEnv('DATABASE_URL', two.ownerUrl);
  expect(await grantRuntimeRole(two.runtime)).toBe(EXIT.done);
  auditorUrl = await two.addAuditor();
  test = await createTestApp({ database: { url: two.runtimeUrl, drop: two.drop }, poolSize: 4 });
});
afterAll(async () => {
  await test.close();
  await two.dropRoles();
  for (const role of roles) await onServer(inject('serverUrl'), `DROP ROLE ${role}`);
  vi.restoreAllMocks();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function createRole(attributes = ''): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  await onServer(inject('serverUrl'), `CREATE ROLE ${role} ${attributes}`);
  roles.push(role);
  return role;
}

describe('under the role that grant-runtime-role set up', () => {
  it('people register, sign in, keep addresses, order, are delivered to and write reviews', async () => {
    const credentials = { user_email: 'ligaya@example.com', password: 'kalabasa-sa-ilalim-7' };
    const person = {
      ...credentials,
      user_name: 'ligaya',
      user_phone: '09171234567',
      first_name: 'Ligaya',
      last_name: 'Santos',
      terms_accepted: true,
    };
    const call = async (status: number, request: Parameters<TestApp['call']>[0]) => {
      const answer = await test.call(request);
      expect([answer.statusCode, answer.body]).toEqual([status, expect.any(String)]);
      return answer.json();
    };
    await call(201, { method: 'POST', path: '/auth/register', body: person });
    const { access } = await call(200, { method: 'POST', path: '/auth/login', body: credentials });
    await call(200, {
      method: 'PATCH',
      path: '/users/me',
      token: access,
      body: { first_name: 'Luningning' },
    });
    const seller = await createActor(test, { role: 'seller' });
    const product = await stockProduct(test, seller.seller_id);
    const customer = await createCustomer(test);
    const placed = await order(test, customer, { [product.id]: '2.000' });
    await fillCart(test, customer, { [product.id]: '1.000' });
    for (const order_status of ['CONFIRMED', 'SHIPPED', 'DELIVERED']) {
      await call(200, {
        method: 'PATCH',
        path: `/orders/${placed.order.id}/status`,
        token: seller.token,
        body: { order_status },
      });
    }
    await call(201, {
      method: 'POST',
      path: '/reviews',
      token: customer.token,
      body: { product_id: product.id, rating: 5, comment: 'Fresh' },
    });
  });

  it('the worker does its jobs, among them sealing, and the chain verifies', async () => {
    const { log, complaints } = listeningLog();
    const worker = await startWorker({
      databaseUrl: two.runtimeUrl,
      jobs: allJobs,
      log,
      makeContext: ({ id }) => systemCtx(test.services, id),
    });
    try {
      await expect
        .poll(unfinished, { timeout: 60_000 })
        .toEqual({ waiting: 0, undispatched: 0, unsealed: 0 });
    } finally {
      await worker.stop();
    }
    expect(complaints()).toEqual([]);
    const { sealed, broken } = await verifyAudit(test.services);
    expect([sealed > 5, broken]).toEqual([true, 0]);
  });

  /** What the jobs have left to do. */
  async function unfinished(): Promise<Record<string, number>> {
    const { rows } = await queryAt(
      two.ownerUrl,
      `SELECT (SELECT count(*)::integer FROM pgboss.job WHERE state < 'completed' AND name NOT LIKE '\\_\\_%') AS waiting,
         (SELECT count(*)::integer FROM outbox_messages WHERE dispatched_at IS NULL) AS undispatched,
         (SELECT count(*)::integer FROM audit_unsealed) AS unsealed`,
    );
    return rows[0];
  }

  it('the queues are maintained', async () => {
    const { pool } = openDatabase({ url: two.runtimeUrl, poolSize: 1, onError: () => {} });
    const { log, complaints } = listeningLog();
    const boss = newBoss(pool, log, {});
    await boss.start();
    await boss.supervise();
    await boss.stop({ graceful: false });
    await pool.end();
    expect(complaints()).toEqual([]);
  });

  it('verify-audit and doctor are content, in production too', async () => {
    vi.stubEnv('NODE_ENV', 'test');
    vi.stubEnv('APP_SECRET', test.services.config.APP_SECRET);
    vi.stubEnv('DATABASE_URL', two.runtimeUrl);
    expect(await verify({})).toBe(EXIT.done);
    expect(await findRole(two.runtimeUrl, true)).toMatchObject({ level: 'ok' });
  });

  it('verify-audit needs no more than to read four tables', async () => {
    vi.stubEnv('NODE_ENV', 'test');
    vi.stubEnv('APP_SECRET', test.services.config.APP_SECRET);
    vi.stubEnv('DATABASE_URL', auditorUrl);
    expect(await verify({})).toBe(EXIT.done);
  });

  it.each([
    "UPDATE audit_entries SET action = 'x'",
    'DELETE FROM audit_entries',
    'TRUNCATE audit_entries CASCADE',
    'DROP TABLE audit_entries CASCADE',
    'ALTER TABLE audit_entries DISABLE TRIGGER ALL',
    'ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only',
    'DROP TRIGGER audit_entries_append_only ON audit_entries',
    'ALTER TABLE audit_entries OWNER TO current_user',
    'CREATE TRIGGER mine BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change()',
    'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    'DROP FUNCTION await_seal CASCADE',
    "UPDATE audit_seals SET key_id = 'x'",
    'DELETE FROM audit_seals',
    'TRUNCATE audit_seals',
    'DROP TABLE audit_seals',
    'ALTER TABLE audit_seals DISABLE TRIGGER ALL',
    'INSERT INTO audit_unsealed VALUES (gen_random_uuid())',
    'UPDATE audit_unsealed SET entry_id = gen_random_uuid()',
    "INSERT INTO audit_detached_seals VALUES (1, 9, sha256('x'), sha256('y'), 'x', now(), 'x', sha256('z'))",
    'DELETE FROM audit_detached_seals',
    'INSERT INTO partitions.audit_entries_default SELECT * FROM audit_entries',
    'SELECT FROM partitions.audit_seals_default',
    'ALTER TABLE audit_seals DETACH PARTITION partitions.audit_seals_default',
    'SELECT make_audit_partitions_at(now(), 400)',
    "SELECT make_audit_partition('mine', 'DEFAULT')",
    "SELECT lock_exclusively('audit_entries')",
    'CREATE TABLE archive.mine ()',
    'UPDATE journal_lines SET debit_centavos = 0',
    'DELETE FROM stock_movements',
    'DELETE FROM schema_migrations',
    'CREATE TABLE mine ()',
    'SET session_replication_role = replica',
    'SET ROLE pg_write_all_data',
    'SELECT grant_runtime_role(current_user::name)',
    "COPY audit_entries TO PROGRAM 'true'",
  ])('PostgreSQL refuses for want of the right: %s', async (statement) => {
    await expect(queryAt(two.runtimeUrl, statement)).rejects.toMatchObject({
      code: INSUFFICIENT_PRIVILEGE,
    });
  });

  it('every append-only table takes rows, and none may be changed', async () => {
    const { rows } = await queryAt(
      two.runtimeUrl,
      `SELECT DISTINCT tgrelid::regclass::text AS name, has_table_privilege(tgrelid, 'INSERT') AS adds,
         has_table_privilege(tgrelid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') AS changes
       FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
       WHERE tgfoid = 'refuse_change'::regproc AND relnamespace = 'public'::regnamespace ORDER BY name`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'audit_detached_seals',
      'audit_entries',
      'audit_seals',
      'journal_entries',
      'journal_lines',
      'order_events',
      'stock_movements',
    ]);
    expect(rows.every(({ adds, changes }) => adds && !changes)).toBe(true);
  });
});

describe('partitions of the audit log', () => {
  it('are made by the job under that role, and cannot be written but through the log', async () => {
    await queryAt(
      two.ownerUrl,
      'DROP TABLE partitions.audit_seals_default, partitions.audit_entries_default',
    );
    await queryAt(two.ownerUrl, "SELECT make_audit_partition('default', 'DEFAULT')");
    const dropped = `DO $$ DECLARE newest text := replace(name, 'audit_entries_', '') FROM partitions_of('audit_entries')
        WHERE NOT is_default ORDER BY upper_id DESC NULLS LAST LIMIT 1;
      BEGIN EXECUTE format('DROP TABLE partitions.audit_seals_%s, partitions.audit_entries_%s', newest, newest); END $$`;
    await queryAt(two.ownerUrl, dropped);
    await makePartitionsJob.run(test.system, {});
    const { rows } = await queryAt(
      two.ownerUrl,
      `SELECT count(*)::integer AS made, bool_or(has_table_privilege('${two.runtime}', oid, 'SELECT, INSERT, UPDATE, DELETE')) AS may
       FROM pg_class WHERE relnamespace = 'partitions'::regnamespace AND relkind = 'r'
         AND relname IN (SELECT name FROM partitions_of('audit_entries') UNION ALL SELECT name FROM partitions_of('audit_seals'))`,
    );
    expect(rows).toEqual([{ made: expect.any(Number), may: false }]);
    expect((await queryAt(two.ownerUrl, 'SELECT make_audit_partitions() AS made')).rows).toEqual([
      { made: 0 },
    ]);
  });

  it('are made for nobody who may not write entries', async () => {
    await expect(queryAt(auditorUrl, 'SELECT make_audit_partitions()')).rejects.toMatchObject({
      code: INSUFFICIENT_PRIVILEGE,
    });
  });
});

describe('grant-runtime-role', () => {
  it('takes back what a role was given beyond that', async () => {
    const role = await createRole();
    await queryAt(two.ownerUrl, `GRANT ALL ON audit_entries, audit_unsealed TO ${role}`);
    vi.stubEnv('DATABASE_URL', two.ownerUrl);
    await grantRuntimeRole(role);
    const { rows } = await queryAt(two.ownerUrl, `SELECT may_rewrite_audit('${role}') AS may`);
    expect(rows).toEqual([{ may: false }]);
  });

  it.each([
    'SUPERUSER',
    'CREATEROLE',
    'IN ROLE CURRENT_USER',
    'IN ROLE pg_write_all_data',
    'NOINHERIT IN ROLE pg_write_all_data',
    'IN ROLE the owner',
  ])('refuses a role that could rewrite the log all the same: %s', async (attributes) => {
    const role = await createRole(attributes.replace('the owner', two.owner));
    vi.stubEnv('DATABASE_URL', two.ownerUrl);
    await expect(grantRuntimeRole(role)).rejects.toThrow(
      `role "${role}" could still rewrite the audit log. Name a role that owns no table`,
    );
    const { rows } = await queryAt(
      two.ownerUrl,
      `SELECT count(*)::integer AS number FROM information_schema.role_table_grants WHERE grantee = '${role}'`,
    );
    expect(rows).toEqual([{ number: 0 }]);
  });

  it('says which role is not there', async () => {
    vi.stubEnv('DATABASE_URL', two.ownerUrl);
    await expect(grantRuntimeRole('nobody')).rejects.toThrow('role "nobody" does not exist.');
  });

  it('needs the owner of the tables', async () => {
    vi.stubEnv('DATABASE_URL', two.runtimeUrl);
    await expect(grantRuntimeRole('anybody')).rejects.toMatchObject({
      code: INSUFFICIENT_PRIVILEGE,
    });
  });
});

describe('doctor', () => {
  it('fails in production where the role that serves may rewrite the log, and nowhere else', async () => {
    expect(await findRole(two.ownerUrl, true)).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('freshbytes grant-runtime-role'),
    });
    expect(await findRole(two.ownerUrl, false)).toMatchObject({ level: 'ok' });
  });
});

async function findRole(url: string, isProduction: boolean) {
  const findings = await checkDatabase({ url }, { isProduction });
  return findings.find(({ subject }) => subject === 'role');
}

/** A log, and its lines from `warn` on. */
function listeningLog(): { log: Log; complaints: () => string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'warn', pretty: false, version: 'test', destination });
  return { log, complaints: () => lines };
}
