// Jobs that failed for the last time, given to their queue again once somebody has looked at why.
import type { Pool } from 'pg';
import type { Log } from '../../telemetry/log.ts';
import { deadLetterQueue } from '../define.ts';
import { newBoss } from './boss.ts';

/** Jobs in one statement. */
const BATCH = 1_000;

/**
 * Moves every dead job of `queue` back, as a new one with all its tries. One whose place another has taken meanwhile stays
 * dead. @returns how many were moved; undefined where there is no such queue
 */
export async function retryDeadLetters(
  pool: Pool,
  log: Log,
  queue: string,
): Promise<number | undefined> {
  const boss = newBoss(pool, log, {});
  await boss.start();
  try {
    if ((await boss.getQueue(deadLetterQueue(queue))) === null) return undefined;
    let total = 0;
    let moved: number;
    do {
      moved = await boss.redrive(deadLetterQueue(queue), { limit: BATCH });
      total += moved;
    } while (moved > 0);
    return total;
  } finally {
    await boss.stop({ graceful: false });
  }
}
