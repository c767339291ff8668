// Every case together, and which of them provokes what.
import type { AnyRoute } from '../../../src/http/route.ts';
import { nameOf } from '../../authorization/routes.ts';
import { type Provocations, type Provoke, refusalOf } from '../operations.ts';
import { accountCases } from './accounts.cases.ts';
import { marketCases } from './market.cases.ts';
import { moneyCases } from './money.cases.ts';
import { purchaseCases } from './purchases.cases.ts';
import { shapeCases } from './shape.cases.ts';

/** Refusals of single routes. */
export const ownCases: Provocations = {
  ...accountCases,
  ...marketCases,
  ...purchaseCases,
  ...moneyCases,
};

/** What a route declares has a case of its own; what its shape brings need not. Undefined where the case is missing. */
export function findCase(route: AnyRoute, refusal: string): Provoke | undefined {
  const own = ownCases[nameOf(route)]?.[refusal];
  const isDeclared = (route.problems ?? []).some((kind) => refusalOf(kind) === refusal);
  return isDeclared ? own : (own ?? shapeCases[refusal]);
}
