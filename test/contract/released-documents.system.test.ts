// The documents of the last release: what they demand of the next ones, and how a release renews them.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFaults, readReleased, release } from '../../scripts/check-breaking-changes.ts';
import { drop, FOLDER, NOW, v1, v2 } from './breaking-changes/edits.ts';

describe('the released documents', () => {
  let project: string;
  let folder: string;
  const path = (name: string) => join(folder, name);
  const write = (name: string, value: unknown) => writeFileSync(path(name), JSON.stringify(value));

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'freshbytes-released-'));
    folder = join(project, 'openapi');
    mkdirSync(folder);
    write('v1.json', v1);
    write('v2.json', v2);
    cpSync(join(FOLDER, 'released'), path('released'), { recursive: true });
    write('released/exceptions.json', []);
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const breakV1 = () => {
    const current = structuredClone(v1);
    drop('paths /api/v1/cart delete')(current);
    write('v1.json', current);
  };
  const LOST = 'DELETE /api/v1/cart: was removed';

  it('have nothing against themselves, nor against a version that is new', async () => {
    write('v3.json', v1);
    expect(await findFaults(folder, NOW)).toEqual([]);
  });

  it('hold every later document to what they promise', async () => {
    breakV1();
    expect(await findFaults(folder, NOW)).toEqual([LOST]);
  });

  it('miss a version that is gone', async () => {
    rmSync(path('v2.json'));
    expect(await findFaults(folder, NOW)).toContain('GET /api/v2/cart: was removed');
  });

  it('let pass what is excused with a reason, and no excuse that nothing needs', async () => {
    breakV1();
    write('released/exceptions.json', [{ change: LOST, reason: 'It emptied the wrong cart.' }]);
    expect(await findFaults(folder, NOW)).toEqual([]);
    write('released/exceptions.json', [{ change: LOST, reason: ' ' }]);
    expect(await findFaults(folder, NOW)).toEqual([
      `exceptions.json excuses without need or reason: ${LOST}`,
    ]);
    write('v1.json', v1);
    write('released/exceptions.json', [{ change: LOST, reason: 'None.' }]);
    expect(await findFaults(folder, NOW)).toEqual([
      `exceptions.json excuses without need or reason: ${LOST}`,
    ]);
  });

  it('are renewed by a release, which begins without exceptions and with new versions', async () => {
    breakV1();
    write('v3.json', v1);
    write('released/exceptions.json', [{ change: LOST, reason: 'It emptied the wrong cart.' }]);
    await release(folder);
    expect(await findFaults(folder, NOW)).toEqual([]);
    expect(await readReleased(folder, 'v1')).toEqual(
      JSON.parse(readFileSync(path('v1.json'), 'utf8')),
    );
    rmSync(path('v3.json'));
    expect((await findFaults(folder, NOW)).length).toBeGreaterThan(90);
  });

  it('cannot be renewed by what breaks them: the command names each change and fails', async () => {
    const script = join(import.meta.dirname, '../..', 'scripts', 'check-breaking-changes.ts');
    const run = () =>
      spawnSync(process.execPath, [script, '--release'], { cwd: project, encoding: 'utf8' });
    breakV1();
    const refused = run();
    expect([refused.status, refused.stderr.split('\n')[0]]).toEqual([1, LOST]);
    expect(await readReleased(folder, 'v1')).toEqual(v1);
    write('v1.json', v1);
    expect(run()).toMatchObject({ status: 0, stderr: '' });
  });
});
