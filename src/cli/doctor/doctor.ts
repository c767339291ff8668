// `doctor`: checks all that FreshBytes needs on this machine and prints a finding a line.
import colors from 'picocolors';
import type { Config } from '../../config.ts';
import { hasCluster } from '../../db/embedded/files/paths.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import { describeFault } from '../faults.ts';
import { print } from '../output.ts';
import { type DatabasePlace, findExistingDatabase, readConfig } from '../settings.ts';
import { checkBackups } from './backups.ts';
import { checkCluster } from './cluster.ts';
import { checkDatabase } from './database.ts';
import type { Finding } from './finding.ts';
import { checkDisk, checkNode, checkPlatform, checkPort, checkRedis } from './machine.ts';
import { checkReplica } from './replica.ts';
import { checkStorage } from './storage.ts';

const PAINT = { ok: colors.green, warn: colors.yellow, fail: colors.red } as const;
const LEVEL_WIDTH = 4;
const SUBJECT_WIDTH = 10;

export interface DoctorOptions {
  /** Looks at the servers of PostgreSQL in place of this machine. */
  readonly cluster?: boolean;
  /** With `cluster`: the log of the processes, whose acknowledged audit entries are looked up. */
  readonly log?: string;
}

/** Warnings are no failure. */
export async function doctor({ cluster = false, log }: DoctorOptions): Promise<ExitCode> {
  if (log !== undefined && !cluster)
    throw new CliError('--log is compared with the database by --cluster.', EXIT.usage);
  let isWell = true;
  const report = (finding: Finding): void => {
    if (finding.level === 'fail') isWell = false;
    const level = PAINT[finding.level](finding.level.padEnd(LEVEL_WIDTH));
    print(`${level} ${finding.subject.padEnd(SUBJECT_WIDTH)} ${finding.text}`);
  };
  if (!cluster) for (const finding of [checkNode(), checkPlatform()]) report(finding);
  const config = readSettings(report);
  if (config !== undefined && cluster)
    await reportDatabase(config, report, (place) => checkCluster(place, config, log));
  else if (config !== undefined) await checkInstallation(config, report);
  return isWell ? EXIT.done : EXIT.failed;
}

function readSettings(report: (finding: Finding) => void): Config | undefined {
  try {
    const config = readConfig();
    report({ level: 'ok', subject: 'settings', text: `NODE_ENV=${config.NODE_ENV}` });
    return config;
  } catch (error) {
    for (const text of describeFault(error).message.split('\n').slice(1)) {
      report({ level: 'fail', subject: 'settings', text: text.trim() });
    }
    return undefined;
  }
}

async function checkInstallation(
  config: Config,
  report: (finding: Finding) => void,
): Promise<void> {
  report(await checkDisk(config));
  report(await checkPort(config));
  report(await checkRedis(config));
  report(await checkStorage(config));
  for (const finding of await checkBackups(config)) report(finding);
  const isAbsent = config.DATABASE_URL === undefined && !(await hasCluster(config.DATA_DIR));
  if (isAbsent) {
    const text = `embedded: none in ${config.DATA_DIR} yet, the first start makes it`;
    return report({ level: 'ok', subject: 'database', text });
  }
  await reportDatabase(config, report, async (place) => [
    ...(await checkDatabase(place, config)),
    ...(await checkReplica(place.url, config)),
  ]);
}

async function reportDatabase(
  config: Config,
  report: (finding: Finding) => void,
  check: (place: DatabasePlace) => Promise<Finding[]>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  try {
    const place = await findExistingDatabase(stack, config);
    for (const finding of await check(place)) report(finding);
  } catch (error) {
    report({
      level: 'fail',
      subject: 'database',
      text: describeFault(error).message.replaceAll('\n', ' '),
    });
  }
}
