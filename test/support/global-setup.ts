// Before all tests: a PostgreSQL (TEST_DATABASE_URL, else the embedded one) and the template database on it.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/db/embedded/embedded.ts';
import { prepareDatabase } from '../../src/process/prepare.ts';
import { onServer, withDatabase } from './database.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const templateName = `template_${randomBytes(6).toString('hex')}`;
  await onServer(server.url, `CREATE DATABASE ${templateName}`);
  await prepareDatabase(withDatabase(server.url, templateName));
  project.provide('serverUrl', server.url);
  project.provide('templateName', templateName);
  return async () => {
    await onServer(server.url, `DROP DATABASE IF EXISTS ${templateName} WITH (FORCE)`);
    await server.close();
  };
}

async function openServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return { url: given, close: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), 'freshbytes-test-'));
  // Started as root, PostgreSQL runs as another account, which must reach its data.
  await chmod(dataDir, 0o755);
  const embedded = await startEmbedded({ dataDir, fast: true });
  return {
    url: embedded.url,
    close: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
