// The route table as tests walk it: every route of the API and of the development pages, with its case.
import { apiRoutes } from '../../src/app.ts';
import type { AnyRoute } from '../../src/http/route.ts';
import { simulationRoutes } from '../../src/modules/dev/simulation.routes.ts';
import { accountCases } from './accounts.cases.ts';
import type { Case, Cases } from './expectation.ts';
import { marketCases } from './market.cases.ts';
import { moneyCases } from './money.cases.ts';
import { purchaseCases } from './purchases.cases.ts';

/** Mounted under every version. */
export const versionedRoutes: readonly AnyRoute[] = apiRoutes;
/** All routes; those of development with the whole of their path. */
export const routes: readonly AnyRoute[] = [
  ...versionedRoutes,
  ...simulationRoutes.map((route) => ({ ...route, path: `/dev${route.path}` })),
];

export const cases: Cases = { ...accountCases, ...marketCases, ...purchaseCases, ...moneyCases };

export function nameOf({ method, path }: AnyRoute): string {
  return `${method} ${path}`;
}

/** @throws Error where the route is not classified yet */
export function caseOf(route: AnyRoute): Case {
  const found = cases[nameOf(route)];
  if (found === undefined) throw new Error(`${nameOf(route)} has no case in test/authorization`);
  return found;
}
