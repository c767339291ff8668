import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../lib/time.ts';
import { MAX_CLIENT_NAMES } from './client-names.ts';
import { type Deprecation, faultsOf, findRetirement, NOTICE_DAYS } from './deprecations.ts';

const deprecated_at = new Date('2026-01-01T00:00:00Z');
const sunset_at = new Date('2026-09-01T00:00:00Z');
const dates = { deprecated_at, sunset_at };

describe('the table', () => {
  const known = new Set([
    'GET /api/v1/things/:id',
    'GET /api/v2/things/:id',
    'GET /api/v2/things/:id/parts/:part_id',
    'GET /health',
  ]);
  const target = 'GET /api/v1/things/:id';
  const late = new Date(deprecated_at.getTime() + NOTICE_DAYS * DAY_MS);

  it.each<[string, readonly Deprecation[], readonly string[]]>([
    ['nothing', [], []],
    ['a known operation', [{ target, ...dates }], []],
    ['a known version', [{ target: 'v1', successor: 'v2', ...dates }], []],
    ['exactly the notice', [{ target, deprecated_at, sunset_at: late }], []],
    ['an unknown operation', [{ target: 'GET /api/v1/x', ...dates }], ['GET /api/v1/x is unknown']],
    ['an unknown version', [{ target: 'v9', ...dates }], ['v9 is unknown']],
    [
      'an unknown successor',
      [{ target, successor: 'GET /api/v3/things/:id', ...dates }],
      ['GET /api/v3/things/:id is unknown'],
    ],
    [
      'a successor whose address cannot be filled in',
      [{ target, successor: 'GET /api/v2/things/:id/parts/:part_id', ...dates }],
      [`GET /api/v2/things/:id/parts/:part_id has parameters that ${target} lacks`],
    ],
    [
      'the same twice',
      [
        { target, ...dates },
        { target, ...dates },
      ],
      [`${target} is named twice`],
    ],
    [
      'a day less than the notice',
      [{ target, deprecated_at, sunset_at: new Date(late.getTime() - DAY_MS) }],
      [`${target} must work for 180 days after it is deprecated`],
    ],
    [
      'an end before the beginning',
      [{ target, deprecated_at: sunset_at, sunset_at: deprecated_at }],
      [`${target} must work for 180 days after it is deprecated`],
    ],
    [
      'a time that is none',
      [{ target, deprecated_at, sunset_at: new Date('soon') }],
      [`${target} must work for 180 days after it is deprecated`],
    ],
  ])('with %s has the faults that it should have', (_, table, faults) => {
    expect(faultsOf(table, known)).toEqual(faults);
  });

  it('is explained with the notice that the code keeps', async () => {
    const page = await readFile('docs/versioning.md', 'utf8');
    const notices = [...page.matchAll(/(\d+) days/g)].map(([, days]) => Number(days));
    expect(new Set(notices)).toEqual(new Set([NOTICE_DAYS]));
    expect(page).toContain(`has seen ${MAX_CLIENT_NAMES} already`);
  });

  it('says nothing of what has no version', () => {
    expect(findRetirement([{ target: 'v1', ...dates }], 'GET /health')).toBeUndefined();
  });
});
