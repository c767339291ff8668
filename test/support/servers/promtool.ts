// Prometheus's own judgement of a scrape, where its `promtool` is at hand.
import { spawnSync } from 'node:child_process';

const BINARY = 'promtool';

/** Tests that need promtool are skipped without it, unless it is said that they must run. */
export const hasPromtool =
  spawnSync(BINARY, ['--version']).status === 0 || process.env['REQUIRE_PROMTOOL'] === '1';

/** What `promtool check metrics` has to say of the text of a scrape; nothing where all is well. */
export function lintMetrics(text: string): string {
  const run = spawnSync(BINARY, ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (run.error) throw run.error;
  return `${run.stdout}${run.stderr}`;
}
