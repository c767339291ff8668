// A bounded wait for what only polling can see, such as a file that another program writes.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 10;

/** Checks until `check` answers true or `timeout_ms` have passed, and answers which of the two came. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  timeout_ms: number,
): Promise<boolean> {
  const deadline = performance.now() + timeout_ms;
  while (!(await check())) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}
