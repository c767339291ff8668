import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { onServer, withDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../database.ts';
import { loadReferenceData } from './reference.ts';

const POOL_SIZE = 4;

/** A database of its own with the tables of the first migration; `drop` ends it. */
async function createScratchDatabase() {
  const server = inject('serverUrl');
  const name = `reference_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const pool = new pg.Pool({ connectionString: withDatabase(server, name), max: POOL_SIZE });
  // The drop may end connections that are closing already.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const foundation = new URL('../../../migrations/0001_foundation.sql', import.meta.url);
  await pool.query(await readFile(foundation, 'utf8'));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const drop = async () => {
    await db.destroy();
    await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { db, drop, url: withDatabase(server, name) };
}

let db: Kysely<unknown>;
let drop: () => Promise<void>;
let url: string;

beforeEach(async () => {
  ({ db, drop, url } = await createScratchDatabase());
});
afterEach(() => drop());

async function queryRows(query: ReturnType<typeof sql>): Promise<unknown[]> {
  return (await query.execute(db)).rows;
}

async function countRows(table: string): Promise<number> {
  const result = await sql<{ count: string }>`
    SELECT count(*) AS count FROM ${sql.table(table)}
  `.execute(db);
  return Number(result.rows[0]?.count);
}

function listAncestors(code: string): Promise<unknown[]> {
  return queryRows(sql`
    WITH RECURSIVE path AS (
      SELECT code, name, level, parent_code, 1 AS depth FROM places WHERE code = ${code}
      UNION ALL
      SELECT places.code, places.name, places.level, places.parent_code, depth + 1
      FROM places JOIN path ON places.code = path.parent_code
    )
    SELECT name, level FROM path ORDER BY depth
  `);
}

describe('loadReferenceData', () => {
  it('loads the whole tree of places and every synonym', async () => {
    const written = await loadReferenceData(db);
    expect(written.places).toBe(await countRows('places'));
    expect(written.synonyms).toBe(await countRows('search_synonyms'));
    expect(
      await queryRows(sql`SELECT level, count(*)::int FROM places GROUP BY level ORDER BY level`),
    ).toEqual([
      { level: 'barangay', count: 42_011 },
      { level: 'city', count: 1_642 },
      { level: 'province', count: 82 },
      { level: 'region', count: 18 },
      { level: 'sub_municipality', count: 14 },
    ]);
  });

  it('keeps the names of places and their way up to the region', async () => {
    await loadReferenceData(db);
    expect(await listAncestors('1401110000')).toEqual([
      { name: 'La Trinidad', level: 'city' },
      { name: 'Benguet', level: 'province' },
      { name: 'Cordillera Administrative Region (CAR)', level: 'region' },
    ]);
    expect(await listAncestors('1380608000')).toEqual([
      { name: 'Ermita', level: 'sub_municipality' },
      { name: 'Manila City', level: 'city' },
      { name: 'National Capital Region (NCR)', level: 'region' },
    ]);
    expect(
      await queryRows(sql`
        SELECT name FROM places WHERE code IN ('1381000000', '0102812045') ORDER BY code
      `),
    ).toEqual([{ name: 'Bgy. No. 13, Nstra. Sra. de Visitacion' }, { name: 'Parañaque City' }]);
  });

  it('puts the English and Filipino names of one vegetable or fruit into one group', async () => {
    await loadReferenceData(db);
    const pairs = [
      ['ampalaya', 'bitter gourd'],
      ['tomato', 'kamatis'],
      ['sitaw', 'yardlong bean'],
      ['kangkong', 'water spinach'],
      ['mangga', 'mango'],
    ];
    for (const [left, right] of pairs) {
      const groups = await queryRows(sql`
        SELECT group_id FROM search_synonyms WHERE term = ${left}
        INTERSECT SELECT group_id FROM search_synonyms WHERE term = ${right}
      `);
      expect(groups, `${left} = ${right}`).toHaveLength(1);
    }
  });

  it('gives every synonym at least one other, in plain lower case', async () => {
    await loadReferenceData(db);
    expect(
      await queryRows(sql`
        SELECT group_id FROM search_synonyms GROUP BY group_id
        HAVING count(*) < 2 OR bool_or(term <> plain_text(trim(term)))
      `),
    ).toEqual([]);
  });

  it('writes nothing when the content is loaded already', async () => {
    await loadReferenceData(db);
    const before = await queryRows(sql`SELECT * FROM reference_data ORDER BY name`);
    expect(await loadReferenceData(db)).toEqual({ places: 0, synonyms: 0 });
    expect(await queryRows(sql`SELECT * FROM reference_data ORDER BY name`)).toEqual(before);
  });

  it('changes only what differs after a new edition and keeps places that left it', async () => {
    await loadReferenceData(db);
    const synonymCount = await countRows('search_synonyms');
    await sql`UPDATE reference_data SET checksum = 'of an older edition'`.execute(db);
    await sql`UPDATE places SET name = 'Old Baguio' WHERE code = '1430300000'`.execute(db);
    await sql`
      INSERT INTO places VALUES ('1430300999', 'Merged Barangay', 'barangay', '1430300000')
    `.execute(db);
    await sql`INSERT INTO search_synonyms VALUES (1, 'retired term')`.execute(db);

    expect(await loadReferenceData(db)).toEqual({ places: 1, synonyms: synonymCount });
    expect(
      await queryRows(sql`
        SELECT name FROM places WHERE code IN ('1430300000', '1430300999') ORDER BY code
      `),
    ).toEqual([{ name: 'Baguio City' }, { name: 'Merged Barangay' }]);
    expect(await countRows('search_synonyms')).toBe(synonymCount);
  });

  it('loads once when processes start together', async () => {
    const results = await Promise.all([1, 2, 3].map(() => loadReferenceData(db)));
    expect(results.filter((written) => written.places > 0)).toHaveLength(1);
    expect(results.filter((written) => written.synonyms > 0)).toHaveLength(1);
  });

  it('replaces the synonyms once when processes start together with a new edition', async () => {
    await loadReferenceData(db);
    await sql`UPDATE reference_data SET checksum = '' WHERE name = 'synonyms'`.execute(db);
    const results = await Promise.all([1, 2, 3].map(() => loadReferenceData(db)));
    expect(results.filter((written) => written.synonyms > 0)).toHaveLength(1);
  });

  it('waits for a lock longer than requests do', async () => {
    const opened = openDatabase({ url, poolSize: 1, onError: () => {} });
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE reference_data IN SHARE ROW EXCLUSIVE MODE');
    const loading = loadReferenceData(opened.db);
    await Promise.race([loading, holder.query('SELECT pg_sleep(0.6)')]);
    await holder.query('COMMIT');
    const { places } = await loading;
    expect(await countRows('places')).toBe(places);
    await holder.end();
    await opened.db.destroy();
  });

  it('leaves nothing behind when a row is refused', async () => {
    await sql`ALTER TABLE search_synonyms ADD CHECK (group_id < 1)`.execute(db);
    await expect(loadReferenceData(db)).rejects.toMatchObject({ code: '23514' });
    expect(await countRows('places')).toBe(0);
    expect(await countRows('reference_data')).toBe(0);
  });
});
