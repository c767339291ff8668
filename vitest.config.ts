import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A PostgreSQL, and a migrated database on it that each test file clones. */
const globalSetup = ['test/support/global-setup.ts'];
const SYSTEM = ['{src,test,bench}/**/*.system.test.ts', 'test/system/**/*.test.ts'];

/** Files of a minute or more: begun last, one of them would keep one core busy and leave the others idle. */
const SLOW = [
  'deploy.test.ts',
  'backup-cluster.test.ts',
  'query-plans.api.test.ts',
  'lifecycle.system.test.ts',
  'cli.system.test.ts',
  'backup-dump.test.ts',
  'crowds.api.test.ts',
  'image.test.ts',
  'key-rotation.test.ts',
  'embedded.crash.system.test.ts',
  'order-lives.test.ts',
  'killed-lives.test.ts',
];

/** By how long they took before, or by size where no run is remembered, but the slow ones first. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) =>
      SLOW.some((name) => moduleId.endsWith(`/${name}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

const isCounting = process.argv.some((argument) => argument.startsWith('--coverage'));

// For the commands that tests start (test/support/processes/cli.ts). Coverage would be less precise with it.
if (!isCounting)
  process.env['TEST_COMPILE_CACHE'] = join(import.meta.dirname, 'node_modules/.cache/compiled');

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: availableParallelism(),
    // For coverage Node loads the files itself, as it does for the processes that tests start: a branch then counts once,
    // whichever way it ran. Vite's runner is faster, because it transforms each file once for all workers.
    experimental: isCounting ? { viteModuleRunner: false, nodeLoader: false } : {},
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['{src,test,bench}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, '**/*.api.test.ts', ...SYSTEM],
        },
      },
      {
        extends: true,
        test: {
          name: 'api',
          include: ['{src,test,bench}/**/*.api.test.ts'],
          globalSetup,
        },
      },
      { extends: true, test: { name: 'system', include: SYSTEM, globalSetup } },
    ],
    coverage: {
      include: ['src/**/*.ts'],
      // Commands, servers and their watchers run as processes of their own.
      autoAttachSubprocess: true,
      exclude: ['src/**/*.testkit.ts', 'src/db/schema.generated.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
