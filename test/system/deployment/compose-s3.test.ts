// compose.s3.yaml: uploads in a bucket of Garage, or of the server that `.env` names.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { storageFaults } from '../../../src/config/storage.ts';
import { SETTINGS } from '../../../src/config.ts';
import type { Compose } from '../../support/deployment/compose.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { services, volumes, secrets } = parse(read('compose.s3.yaml'), { merge: true }) as Compose;
const s3 = services['s3'] as Compose['services'][string] & { readonly env_file: string[] };
const garage = read('ops/compose/garage.toml');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshbytes-secrets-'));
  expect(spawnSync(join(ROOT, 'ops/compose/make-secrets.sh'), [folder]).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What Compose makes of a value where `.env` says nothing. */
const defaultOf = (value: unknown) => String(value).replace(/\$\{\w+:-([^}]*)\}/, '$1');
const made = (path: string) => readFileSync(path.replace('ops/compose/secrets', folder), 'utf8');

describe.each(['migrate', 'api', 'worker'])('the service %s', (name) => {
  const { environment = {}, secrets: named = [], depends_on } = services[name] ?? {};
  const given = Object.fromEntries(
    Object.entries(environment).map(([setting, value]) => [setting, defaultOf(value)]),
  );

  it('is given a bucket, by settings that exist and a key from files', () => {
    const files = Object.keys(given).filter((setting) => setting.endsWith('_FILE'));
    const values = Object.fromEntries(
      Object.entries(given)
        .filter(([, value]) => value !== '')
        .map(([setting, value]) => [setting.replace(/_FILE$/, ''), value]),
    );
    const known = SETTINGS.map((setting) => setting.name);
    expect(known).toEqual(
      expect.arrayContaining(Object.keys(given).map((it) => it.replace(/_FILE$/, ''))),
    );
    expect(values).toMatchObject({ STORAGE: 's3' });
    expect(storageFaults(values)).toEqual([]);
    expect(files.map((setting) => given[setting]?.replace('/run/secrets/', ''))).toEqual(named);
    for (const secret of named) expect(made(secrets[secret]?.file ?? '')).not.toBe('');
  });

  it('waits for the server', () => {
    expect(depends_on).toEqual({ s3: { condition: 'service_healthy' } });
  });

  it('is configured with the region, the port and the bucket of that server', () => {
    expect(garage).toContain(`s3_region = "${given['S3_REGION']}"`);
    expect(garage).toContain(`api_bind_addr = "[::]:${new URL(given['S3_ENDPOINT'] ?? '').port}"`);
    const own = parseEnv(made(s3.env_file[0] ?? ''));
    expect(own).toEqual({
      GARAGE_RPC_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
      GARAGE_DEFAULT_ACCESS_KEY: made('ops/compose/secrets/s3_access_key_id').trim(),
      GARAGE_DEFAULT_SECRET_KEY: made('ops/compose/secrets/s3_secret_access_key').trim(),
      GARAGE_DEFAULT_BUCKET: given['S3_BUCKET'],
    });
  });
});

it('the server writes to its volume alone, has no privileges, and is not published', () => {
  expect(s3).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    networks: ['data'],
    image: expect.stringMatching(/:v\d+\.\d+\.\d+$/),
    deploy: { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
  });
  expect(s3.ports).toBeUndefined();
  const [config = '', data = ''] = s3.volumes ?? [];
  expect(existsSync(join(ROOT, config.split(':')[0] ?? ''))).toBe(true);
  const [volume = '', path] = data.split(':');
  expect(Object.keys(volumes)).toEqual([volume]);
  for (const kind of ['metadata', 'data']) expect(garage).toContain(`${kind}_dir = "${path}/`);
});
