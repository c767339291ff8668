import { expect, it } from 'vitest';
import { functionShares } from './profile.ts';

const PROJECT = new URL('../..', import.meta.url).href;

function node(id: number, functionName: string, url = '', lineNumber = -1) {
  return { id, callFrame: { functionName, url, lineNumber } };
}

it('shares are of the busy time between the two moments, the same function summed up', () => {
  const profile = {
    nodes: [
      node(1, 'render', `${PROJECT}src/a.ts`, 9),
      node(2, 'render', `${PROJECT}src/a.ts`, 9),
      node(3, '(idle)'),
      node(4, '(garbage collector)'),
      node(5, 'start', `${PROJECT}src/b.ts`, 0),
    ],
    startTime: 1_000,
    samples: [5, 1, 3, 2, 4, 5],
    timeDeltas: [100, 100, 100, 200, 100, 500],
  };
  expect(functionShares(profile, { from_us: 1_150, to_us: 1_650 })).toEqual([
    { name: 'render', place: 'src/a.ts:10', share: 0.75 },
    { name: '(garbage collector)', place: '', share: 0.25 },
  ]);
});
