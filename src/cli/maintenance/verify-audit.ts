// `verify-audit`: recomputes the chain of seals over the audit log, and names the first place where it breaks.
import { openDatabase } from '../../db/database.ts';
import { CliError, EXIT, type ExitCode } from '../../lib/exit.ts';
import {
  type AuditVerdict,
  type ChainHead,
  type DetachedPart,
  describeBreak,
  formatHead,
  parseHead,
  verifyAudit,
} from '../../modules/audit/seals/seals.service.ts';
import { loadSecrets } from '../../tokens/signing-keys.ts';
import { print, startProgress } from '../output.ts';
import { findMigratedDatabase, readConfig } from '../settings.ts';

export interface VerifyAuditOptions {
  /** As the log or an earlier run printed it. */
  readonly head?: string;
}

/** Needs no more of the database than to read the audit tables. */
export async function verify(options: VerifyAuditOptions): Promise<ExitCode> {
  const head = readHead(options.head);
  const config = readConfig();
  const { appSecret } = await loadSecrets(config);
  await using stack = new AsyncDisposableStack();
  const { url } = await findMigratedDatabase(stack, config);
  const { db } = openDatabase({ url, poolSize: 1, onError: () => {} });
  stack.defer(() => db.destroy());
  const progress = startProgress();
  const verdict = await verifyAudit(
    { db, config: { ...config, APP_SECRET: appSecret } },
    { head, onProgress: (checked) => progress.show(`checked ${count(checked)} seals`) },
  );
  progress.end();
  for (const line of reportOf(verdict)) print(line);
  return verdict.broken === 0 ? EXIT.done : EXIT.failed;
}

function readHead(text: string | undefined): ChainHead | undefined {
  if (text === undefined) return undefined;
  const head = parseHead(text);
  if (head !== undefined) return head;
  throw new CliError('--head takes what was printed: <seal number>:<64 hex digits>.', EXIT.usage);
}

function reportOf({ sealed, detached, unsealed, head, broken, breaks }: AuditVerdict): string[] {
  const unnamed = broken - breaks.length;
  const last = head === undefined ? '' : `, the last at ${head.sealed_at.toISOString()}`;
  const where = head === undefined ? '' : `; head ${formatHead(head)}`;
  return [
    ...breaks.map((found) => `broken: ${describeBreak(found)}`),
    ...(unnamed > 0 ? [`broken: ${count(unnamed)} more`] : []),
    ...(detached === undefined ? [] : [describeDetached(detached)]),
    `${count(sealed)} entries sealed${last}; ${count(unsealed)} not sealed yet${where}`,
  ];
}

function describeDetached({ seals, partitions, head }: DetachedPart): string {
  return `${count(seals)} entries of ${count(partitions)} partitions were detached by retention, the last of them at head ${formatHead(head)}: the chain is followed from there`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
