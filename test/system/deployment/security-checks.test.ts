// The checks of security must fail where they should: a requirement that nobody answers, a key that is committed.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AsvsEntries, findAsvsFaults } from '../../../scripts/asvs/findings.ts';
import { ASVS_LEVELS } from '../../../scripts/asvs/requirements.ts';
import { makePrivateKey } from '../../support/private-key.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TODAY = '2026-11-30';
const MET = { met: 'as it should be', docs: ['SECURITY.md'] };
const ALL_MET: AsvsEntries = Object.fromEntries(
  [...ASVS_LEVELS].filter(([, level]) => level <= 2).map(([id]) => [id, MET]),
);
const faultsOf = (changed: AsvsEntries) => findAsvsFaults({ ...ALL_MET, ...changed }, ROOT, TODAY);

describe('the standard', () => {
  it('has 70 requirements of level 1, 183 of level 2 and 92 of level 3', () => {
    const levels = [...ASVS_LEVELS.values()];
    expect([1, 2, 3].map((level) => levels.filter((it) => it === level).length)).toEqual([
      70, 183, 92,
    ]);
  });
});

describe('the check of docs/asvs.yaml', () => {
  const accepted = { risk: 'a risk', owner: 'maintainers', until: '2027-01-31' };
  const { 'V6.2.1': _, ...withoutOne } = ALL_MET;

  it('is content where each requirement is answered, also as one of a group', () => {
    expect(faultsOf({})).toEqual([]);
    const { 'V17.1.1': __, ...rest } = withoutOne;
    const grouped = {
      ...rest,
      'V6.2': { not_applicable: 'none' },
      V17: { not_applicable: 'none' },
    };
    expect(findAsvsFaults(grouped, ROOT, TODAY)).toEqual([]);
  });

  it.each<[string, AsvsEntries, string]>([
    ['an answer twice', { 'V1.1.1': { ...MET, not_applicable: 'none' } }, 'V1.1.1 needs one of'],
    ['no answer', { 'V1.1.1': {} }, 'V1.1.1 needs one of'],
    ['no evidence', { 'V1.1.1': { met: 'yes' } }, 'neither a test nor a document'],
    [
      'a test that is gone',
      {
        'V1.1.1': {
          ...MET,
          tests: [
            'test/system/deployment/security-checks.test.ts: no such name'.replace('no', 'No'),
          ],
        },
      },
      'V1.1.1 names no test',
    ],
    [
      'a document that is gone',
      { 'V1.1.1': { ...MET, docs: ['gone.md'] } },
      'V1.1.1 names no file',
    ],
    ['an unknown requirement', { 'V1.1.9': MET }, 'V1.1.9 is no requirement'],
    ['a group that is met', { V17: MET }, 'V17 is a group'],
    [
      'a risk past its date',
      { 'V1.1.1': { accepted: { ...accepted, until: '2026-11-29' } } },
      'was accepted until',
    ],
    [
      'a risk without an owner',
      { 'V1.1.1': { accepted: { ...accepted, owner: '' } } },
      'without a risk, an owner',
    ],
    ['a risk of level 1', { 'V1.2.1': { accepted } }, 'is of level 1'],
  ])('names %s', (_what, changed, fault) => {
    expect(faultsOf(changed)).toEqual([expect.stringContaining(fault)]);
  });

  it('names a requirement without an entry', () => {
    expect(findAsvsFaults(withoutOne, ROOT, TODAY)).toEqual(['V6.2.1 has no entry']);
  });

  it('lets no more than nine risks be accepted', () => {
    const ids = Object.keys(ALL_MET).filter((id) => ASVS_LEVELS.get(id) === 2);
    const risks = (count: number) =>
      Object.fromEntries(ids.slice(0, count).map((id) => [id, { accepted }]));
    expect(faultsOf(risks(9))).toEqual([]);
    expect(faultsOf(risks(10))).toEqual(['10 risks are accepted, at most 9 may be']);
  });
});

describe('the scan for secrets', () => {
  it('finds a password in an address and a private key', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'freshbytes-secrets-'));
    const file = join(dir, 'settings.ts');
    // In two halves, so that this file does not hold it.
    const address = ['postgres://market:', 'Zx81-tomato@db.internal:5432/market'].join('');
    await writeFile(
      file,
      `export const url = '${address}';\nexport const key = '${makePrivateKey()}';\n`,
    );
    const scan = promisify(execFile)(
      process.execPath,
      [
        'node_modules/secretlint/bin/secretlint.js',
        '--secretlintrc',
        '.secretlintrc.json',
        '--no-gitignore',
        file,
      ],
      { cwd: ROOT },
    );
    await expect(scan).rejects.toMatchObject({
      stdout: expect.stringMatching(/PostgreSQLConnection[\s\S]*\[PATTERN\]/),
    });
    await rm(dir, { recursive: true });
  });
});
