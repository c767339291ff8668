// Every refusal that the documents name, of every operation, provoked through the whole API and compared with what the
// contract and the published schema say of its form.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameOf, routes } from '../authorization/routes.ts';
import { findCase, ownCases } from './cases/cases.ts';
import { generalCases } from './cases/general.cases.ts';
import { shapeCases } from './cases/shape.cases.ts';
import { CODES, UNUSED_CODES } from './codes.ts';
import { createAttempt, operations, refusalsOf } from './operations.ts';
import { createStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

const documented = new Map(routes.map((route) => [nameOf(route), refusalsOf(route)]));

describe('the cases', () => {
  it('are those of documented refusals, and no others', () => {
    const strays = Object.entries(ownCases).flatMap(([name, cases]) =>
      Object.keys(cases).flatMap((refusal) =>
        documented.get(name)?.includes(refusal) ? [] : [`${name} → ${refusal}`],
      ),
    );
    const known = new Set([...documented.values()].flat());
    strays.push(...Object.keys(shapeCases).filter((refusal) => !known.has(refusal)));
    expect(strays).toEqual([]);
  });

  it('are together those of every code that clients switch on', () => {
    const refusals = [
      ...[...documented.values()].flat(),
      ...generalCases.map(({ refusal }) => refusal),
    ];
    const provoked = new Set(refusals.map((refusal) => refusal.split(' ')[1]));
    expect([...provoked].sort()).toEqual(
      CODES.filter((code) => !UNUSED_CODES.includes(code)).sort(),
    );
  });
});

describe('each documented refusal can be provoked, and has the documented form:', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s',
    async (name, operation) => {
      const attempt = await createAttempt(stage, operation);
      const faults: string[] = [];
      for (const refusal of refusalsOf(operation.route)) {
        const provoke = findCase(operation.route, refusal);
        const found =
          provoke === undefined
            ? ['no case']
            : await stage.faultsOf(await provoke(attempt), refusal);
        faults.push(...found.map((fault) => `${name} → ${refusal}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
  );
});

describe('what is no operation is refused in the same form:', () => {
  it.each(generalCases.map((one) => [one.what, one] as const))(
    '%s',
    async (_what, { refusal, provoke }) => {
      expect(await stage.faultsOf(await provoke(stage), refusal)).toEqual([]);
    },
  );
});
