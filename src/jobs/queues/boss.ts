// How every pg-boss of this process is set up: on our pool and its limits, quiet, and never fatal.

import type { Pool } from 'pg';
import { type ConstructorOptions, PgBoss } from 'pg-boss';
import type { Log } from '../../telemetry/log.ts';

/** While PostgreSQL is away every poll fails; it is logged once in this time. */
const FAULT_LOG_INTERVAL_MS = 5_000;
/** Queues change with a deployment only. */
const QUEUE_CACHE_SECONDS = 3_600;

/** Off unless asked for: each is a timer, and most of them write. */
export const PASSIVE = {
  migrate: false,
  supervise: false,
  schedule: false,
  registerInstance: false,
  openTelemetry: { enabled: false },
  queueCacheIntervalSeconds: QUEUE_CACHE_SECONDS,
} as const satisfies ConstructorOptions;

/** A pg-boss that has not started; `onFault` is also called with what failed in the background. */
export function newBoss(pool: Pool, log: Log, options: ConstructorOptions): PgBoss {
  const boss = new PgBoss({
    // A plain pool and not fromKysely: maintenance sends several statements in one text and reads all their rows.
    db: { executeSql: (text, values) => pool.query(text, values) },
    ...PASSIVE,
    ...options,
  });
  boss.on('error', sparseFaultLog(log));
  boss.on('warning', ({ message }) => log.warn({ warning: message }, 'job queue warning'));
  return boss;
}

function sparseFaultLog(log: Log): (fault: Error) => void {
  let quiet_until = 0;
  let unreported = 0;
  return (err) => {
    if (Date.now() < quiet_until) {
      unreported += 1;
      return;
    }
    log.error({ err, unreported }, 'job queue fault');
    quiet_until = Date.now() + FAULT_LOG_INTERVAL_MS;
    unreported = 0;
  };
}
