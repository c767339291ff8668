// How much is waiting, running and dead in every queue, for metrics, health and alerts.
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';

export interface JobDepth {
  readonly queue: string;
  /** Due and not started. */
  readonly waiting: number;
  /** Not due yet: timed, or between two attempts. */
  readonly delayed: number;
  readonly active: number;
  /** In the dead-letter queue. */
  readonly dead: number;
  /** How long the oldest waiting job has been due; 0 where none waits. */
  readonly oldest_waiting_seconds: number;
}

/** Every queue, by name, in one statement that reads only unfinished jobs, through one index. */
export async function jobDepths(db: Db): Promise<JobDepth[]> {
  const { rows } = await sql<JobDepth>`
    WITH unfinished AS (
      SELECT name,
        count(*) FILTER (WHERE state < 'active' AND start_after <= now())::integer AS waiting,
        count(*) FILTER (WHERE state < 'active' AND start_after > now())::integer AS delayed,
        count(*) FILTER (WHERE state = 'active')::integer AS active,
        extract(epoch FROM now() - min(start_after) FILTER (WHERE state < 'active'))::float8 AS oldest
      FROM pgboss.job WHERE state IN ('created', 'retry', 'active') GROUP BY name)
    SELECT queue.name AS queue,
      coalesce(own.waiting, 0) AS waiting,
      coalesce(own.delayed, 0) AS delayed,
      coalesce(own.active, 0) AS active,
      coalesce(dead.waiting, 0) AS dead,
      greatest(coalesce(own.oldest, 0), 0) AS oldest_waiting_seconds
    FROM pgboss.queue
    LEFT JOIN unfinished own ON own.name = queue.name
    LEFT JOIN unfinished dead ON dead.name = queue.dead_letter
    WHERE queue.dead_letter IS NOT NULL
    ORDER BY queue.name`.execute(db);
  return rows;
}
