// A million random steps: the program's pure decisions against a model that shares no code with them.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { liveByRules } from './live-by-rules.ts';

const STEPS = 1_000_000;
const SEED = Number(process.env['LIVES_SEED'] ?? 1);

// Refusals are part of the run: a stack for each would cost more than all the rest.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

it('a million random steps leave everybody what a simple model says they have', {
  timeout: 120_000,
}, () => {
  let steps = 0;
  let allowed = 0;
  for (let seed = SEED; steps < STEPS; seed += 1) {
    const life = liveByRules(seed);
    steps += life.steps;
    allowed += life.allowed;
  }
  // Many steps do something, and many are refused.
  expect(allowed / steps).toBeGreaterThan(0.25);
  expect(allowed / steps).toBeLessThan(0.75);
});
