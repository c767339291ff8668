// The environment, read once into one checked and frozen object; nothing else reads process.env.
import { type Static, Type } from 'typebox';
import { missingFaults, productionFaults, valueFaults } from './config/faults.ts';
import type { Marks } from './config/kinds.ts';
import { parseSettings } from './config/parse.ts';
import { DATABASE_SETTINGS } from './config/settings/database.ts';
import { LIMITS_SETTINGS } from './config/settings/limits.ts';
import { MARKETPLACE_SETTINGS } from './config/settings/marketplace.ts';
import { OPERATIONS_SETTINGS } from './config/settings/operations.ts';
import { OUTSIDE_SETTINGS } from './config/settings/outside.ts';
import { PROCESS_SETTINGS } from './config/settings/process.ts';
import { SECURITY_SETTINGS } from './config/settings/security.ts';
import { type Env, readSources } from './config/sources.ts';

/** Every variable that the API reads, in the order in which the reference table shows them. */
export const Environment = Type.Object({
  ...PROCESS_SETTINGS,
  ...DATABASE_SETTINGS,
  ...SECURITY_SETTINGS,
  ...LIMITS_SETTINGS,
  ...MARKETPLACE_SETTINGS,
  ...OUTSIDE_SETTINGS,
  ...OPERATIONS_SETTINGS,
});
type EnvironmentValues = Static<typeof Environment>;

/** One variable, as its schema describes it. */
export interface Setting extends Marks {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number';
  readonly description: string;
  readonly default?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/** In the order of the reference. */
export const SETTINGS: readonly Setting[] = Object.entries(Environment.properties).map(
  ([name, schema]) => ({ description: '', ...(schema as Partial<Setting>), name }),
);

export type Config = Readonly<
  EnvironmentValues & {
    MFA_REQUIRED_ROLES: string;
    isProduction: boolean;
    isDevelopment: boolean;
    publicUrl: string;
    version: string;
  }
>;

/** Thrown with every fault at once, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Checks the environment and completes it with defaults. Secrets may come from files: `<NAME>_FILE`.
 * @throws ConfigError naming everything that is missing or wrong
 */
export function loadConfig(env: Env, version: string): Config {
  const sources = readSources(env, SETTINGS);
  const given = Object.fromEntries([...sources.values].map(([name, { value }]) => [name, value]));
  const isProduction = given['NODE_ENV'] === 'production';
  const { values, malformed } = parseSettings(Environment, given);
  const wellFormed = Object.fromEntries(
    Object.entries(given).filter(([name]) => !malformed.has(name)),
  );
  const faults = [...sources.faults.values(), ...malformed.values(), ...valueFaults(wellFormed)];
  if (isProduction) {
    const isMissing = (name: string) => given[name] === undefined && !sources.faults.has(name);
    faults.push(...missingFaults(SETTINGS, isMissing), ...productionFaults(wellFormed));
    if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
      faults.push('NODE_TLS_REJECT_UNAUTHORIZED must not be 0: no certificate would be checked');
  }
  if (values === undefined || faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.freeze({
    ...values,
    MFA_REQUIRED_ROLES: values.MFA_REQUIRED_ROLES ?? (isProduction ? 'admin' : 'none'),
    isProduction,
    isDevelopment: values.NODE_ENV === 'development',
    publicUrl: (values.PUBLIC_URL ?? `http://localhost:${values.PORT}`).replace(/\/+$/, ''),
    version,
  });
}
