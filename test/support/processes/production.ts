// The least that a process in production must be told, but for its database.
import { PRODUCTION as SETTINGS } from '../../../src/config/config.testkit.ts';

const { DATABASE_URL: _, ...withoutDatabase } = SETTINGS;

export const PRODUCTION = {
  ...withoutDatabase,
  PORT: '0',
  // The tests' server may be another machine.
  DATABASE_TLS: 'off',
};
