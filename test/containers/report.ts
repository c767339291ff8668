// What the tests of the containers measure, told beside their results.
import type { Tally } from '../support/network/steady-load.ts';

export function report(what: string, took_s?: number, tally?: Tally): void {
  const time = took_s === undefined ? '' : `: ${took_s} s`;
  const load =
    tally === undefined
      ? ''
      : `, ${tally.answered} requests answered, ${tally.failed.length} failed, slowest ${tally.slowest_ms} ms`;
  console.log(`  ${what}${time}${load}`);
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started_ms = performance.now();
  await work();
  return Math.round((performance.now() - started_ms) / 100) / 10;
}

/** Changes something while a load runs, and tells what the load met. */
export async function measure(
  what: string,
  load: { readonly stop: () => Promise<Tally> },
  change: () => Promise<unknown>,
): Promise<Tally> {
  const changed = seconds(change);
  const tally = await changed.then(
    () => load.stop(),
    async (error: unknown) => {
      await load.stop();
      throw error;
    },
  );
  report(what, await changed, tally);
  return tally;
}
