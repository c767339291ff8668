// `npm run test:containers`: the stacks of compose.yaml and compose.demo.yaml on a container engine.
import { defineConfig } from 'vitest/config';

const TEST_TIMEOUT_MS = 600_000;
const START_TIMEOUT_MS = 1_800_000;

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.containers.ts'],
    reporters: ['verbose'],
    disableConsoleIntercept: true,
    // One stack after the other, and what a later test needs an earlier one has made.
    fileParallelism: false,
    bail: 0,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: START_TIMEOUT_MS,
  },
});
