// Every dashboard, in the order of the navigation.
import type { Dashboard } from '../panel.ts';
import { BUSINESS } from './business.ts';
import { CACHE } from './cache.ts';
import { DATABASE } from './database.ts';
import { FLEET } from './fleet.ts';
import { JOBS } from './jobs.ts';
import { OVERVIEW } from './overview.ts';
import { SLO_BURN } from './slo-burn.ts';

export const DASHBOARDS: readonly Dashboard[] = [
  OVERVIEW,
  SLO_BURN,
  DATABASE,
  CACHE,
  JOBS,
  BUSINESS,
  FLEET,
];
