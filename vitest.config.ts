import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** A PostgreSQL, and a migrated database on it that each test file clones. */
const globalSetup = ['test/support/global-setup.ts'];
const SYSTEM = ['{src,test,bench}/**/*.system.test.ts', 'test/system/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
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
        test: { name: 'api', include: ['{src,test,bench}/**/*.api.test.ts'], globalSetup },
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
