// Writes src/db/schema.generated.ts from a freshly migrated database; with --check, fails where it is out of date.
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../src/db/embedded/embedded.ts';
import { migrate } from '../src/db/migrations/migrate.ts';
import { literalColumns } from './generate-schema.literals.ts';

const TARGET = 'src/db/schema.generated.ts';
const TYPES = { int8: 'number', numeric: 'number', tsvector: 'string' };

const folder = await mkdtemp(join(tmpdir(), 'freshbytes-schema-'));
// Started as root, PostgreSQL runs as another account, which must reach its data.
await chmod(folder, 0o755);
const server = await startEmbedded({ dataDir: folder, fast: true });
try {
  await migrate(server.url, async () => {});
  const output = join(folder, 'schema.ts');
  const run = spawnSync(
    'kysely-codegen',
    [
      '--dialect',
      'postgres',
      '--url',
      server.url,
      '--type-mapping',
      JSON.stringify(TYPES),
      '--overrides',
      JSON.stringify({ columns: await literalColumns(server.url) }),
      '--exclude-pattern',
      'schema_migrations',
      '--out-file',
      output,
    ],
    { encoding: 'utf8' },
  );
  if (run.error) throw run.error;
  if (run.status !== 0) throw new Error(run.stderr + run.stdout);
  const generated = await readFile(output, 'utf8');
  if (!process.argv.includes('--check')) await writeFile(TARGET, generated);
  else if (generated !== (await readFile(TARGET, 'utf8'))) {
    console.error(`${TARGET} is out of date: npm run generate:schema`);
    process.exitCode = 1;
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
