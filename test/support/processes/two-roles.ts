// A database and its roles, made by the statements of docs/database-roles.md.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { onServer, withDatabase } from '../database.ts';
import { fencesIn } from '../markdown.ts';

const DOCUMENT = join(import.meta.dirname, '../../../docs/database-roles.md');
const PASSWORD = 'not-a-secret';

export interface TwoRoles {
  /** Names of the roles, which are of this database alone: roles belong to the whole server. */
  readonly owner: string;
  readonly runtime: string;
  /** Of the same database, which is empty until somebody migrates it. */
  readonly ownerUrl: string;
  readonly runtimeUrl: string;
  /** The server's superuser. */
  readonly superuserUrl: string;
  /** Makes the role that only verifies, which needs tables. @returns its URL */
  addAuditor(): Promise<string>;
  /** Drops the database; before the roles, which own and use what is in it. */
  drop(): Promise<void>;
  dropRoles(): Promise<void>;
}

export async function createTwoRoles(): Promise<TwoRoles> {
  const serverUrl = inject('serverUrl');
  const suffix = randomBytes(6).toString('hex');
  const [setup, auditor] = fencesIn(await readFile(DOCUMENT, 'utf8'))
    .filter(({ language }) => language === 'sql')
    .map(({ text }) => statementsOf(text, suffix));
  const database = `freshbytes_${suffix}`;
  const url = withDatabase(serverUrl, database);
  const roles = ['owner', 'app', 'auditor'].map((name) => `freshbytes_${name}_${suffix}`);
  const [owner = '', runtime = '', reader = ''] = roles;
  for (const statement of setup ?? []) await onServer(serverUrl, statement);
  return {
    owner,
    runtime,
    ownerUrl: asRole(url, owner),
    runtimeUrl: asRole(url, runtime),
    superuserUrl: url,
    addAuditor: async () => {
      for (const statement of auditor ?? []) await onServer(url, statement);
      return asRole(url, reader);
    },
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
    dropRoles: () => onServer(serverUrl, `DROP ROLE IF EXISTS ${roles.join(', ')}`),
  };
}

function statementsOf(text: string, suffix: string): string[] {
  return text
    .replaceAll('…', PASSWORD)
    .replace(/\bfreshbytes\w*/g, (name) => `${name}_${suffix}`)
    .split(';\n')
    .filter((statement) => statement.trim() !== '');
}

function asRole(url: string, role: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/)(?:[^@/]*@)?/, `$1${role}:${PASSWORD}@`);
}
