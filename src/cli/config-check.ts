// `config check`: reads the settings as `serve` would, and shows each with where it comes from. Starts and writes nothing.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { MONITORING_SETTINGS, readMonitoring } from '../config/monitoring.ts';
import { type Env, FILE_SUFFIX, readSources, type Sources } from '../config/sources.ts';
import { loadConfig, SETTINGS, type Setting } from '../config.ts';
import { CliError, EXIT, type ExitCode } from '../lib/exit.ts';
import { findSimilarName } from '../lib/text/similar-name.ts';
import { print, printError, printWarning } from './output.ts';
import { readVersion } from './version.ts';

export interface ConfigCheckOptions {
  /** As for `node --env-file`: what the environment holds counts before it. */
  readonly envFile?: string;
  /** The settings of Prometheus and Alertmanager, instead of those of our processes. */
  readonly monitoring?: boolean;
}

/** @throws ConfigError naming every fault, after the settings were shown */
export async function checkConfig(
  { envFile, monitoring = false }: ConfigCheckOptions,
  environment: Env,
): Promise<ExitCode> {
  const env = envFile === undefined ? environment : { ...readEnvFile(envFile), ...environment };
  if (monitoring) return checkMonitoring(env);
  for (const line of settingLines(readSources(env, SETTINGS))) print(line);
  for (const line of warnings(env)) printWarning(line);
  loadConfig(env, readVersion());
  return EXIT.done;
}

/** Whom the monitoring notifies, and what it probes: nobody and nothing where it is not set. */
function checkMonitoring(env: Env): ExitCode {
  const { values, missing, faults } = readMonitoring(env);
  const width = Math.max(...MONITORING_SETTINGS.map(({ name }) => name.length));
  for (const { name, description } of MONITORING_SETTINGS)
    print(`${name.padEnd(width)}  ${values.get(name) ?? '(none)'}  ${description}`);
  for (const { name, without } of missing) printWarning(`${name} is missing: ${without}`);
  for (const fault of faults) printError(fault);
  return missing.length + faults.length === 0 ? EXIT.done : EXIT.failed;
}

function readEnvFile(path: string): Env {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(`${path} cannot be read (${code}).`, EXIT.usage);
  }
}

/** Name, value and source of each setting, in columns. */
function settingLines(sources: Sources): string[] {
  const rows = SETTINGS.map((setting) => rowOf(setting, sources));
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const valueWidth = Math.max(...rows.map(({ value }) => value.length));
  return rows.map(
    ({ name, value, from }) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}`,
  );
}

interface Row {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

function rowOf(setting: Setting, { values, faults }: Sources): Row {
  const { name, secret, default: fallback = '(none)' } = setting;
  if (faults.has(name)) return { name, value: '(not readable)', from: 'see below' };
  const given = values.get(name);
  if (given === undefined) return { name, value: String(fallback), from: 'default' };
  const from = given.path === undefined ? 'environment' : `file ${given.path}`;
  return { name, value: secret ? '(set)' : given.value, from };
}

/** Names that nothing reads and that look as if something should. */
function warnings(env: Env): string[] {
  const plain = new Set(SETTINGS.map(({ name }) => name));
  const files = SETTINGS.flatMap(({ name, secret }) => (secret ? [name + FILE_SUFFIX] : []));
  const known = new Set([...plain, ...files]);
  return Object.keys(env).flatMap((name) => {
    if (known.has(name)) return [];
    const base = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : undefined;
    if (base !== undefined && plain.has(base))
      return [`${name} is not read: only a secret may come from a file. Set ${base}`];
    const similar = findSimilarName(name, known);
    return similar === undefined ? [] : [`${name} is not read: is ${similar} meant?`];
  });
}
