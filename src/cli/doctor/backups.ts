// What doctor says of the keys of dumps: whether `backup` has somebody to encrypt for, and `restore` what opens it.
import { parseRecipients, readIdentities } from '../../backup/archive.ts';
import type { Config } from '../../config.ts';
import { CliError } from '../../lib/exit.ts';
import type { Finding } from './finding.ts';

const subject = 'backups';

/** @returns nothing where backups are none of this machine's business */
export async function checkBackups(config: Config): Promise<Finding[]> {
  const { BACKUP_METHOD, BACKUP_RECIPIENTS, BACKUP_IDENTITY_FILE } = config;
  if (BACKUP_METHOD !== 'pg_dump') return [];
  try {
    const findings: Finding[] = [];
    if (BACKUP_RECIPIENTS !== undefined) {
      parseRecipients(BACKUP_RECIPIENTS);
      const count = BACKUP_RECIPIENTS.split(',').length;
      findings.push({ level: 'ok', subject, text: `encrypted for ${count} of age's keys` });
    }
    if (BACKUP_IDENTITY_FILE !== undefined) {
      await readIdentities(BACKUP_IDENTITY_FILE);
      findings.push({ level: 'ok', subject, text: `opened by ${BACKUP_IDENTITY_FILE}` });
    }
    return findings;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [{ level: 'fail', subject, text: error.message }];
  }
}
