// Checks of the replica: whether public reads would go there.
import type { Config } from '../../config.ts';
import { openDatabase } from '../../db/database.ts';
import {
  ReplicaBehind,
  ReplicaUnfit,
  readPosition,
  whenReplayed,
} from '../../db/replica/replica-position.ts';
import { describeFault } from '../faults.ts';
import type { Finding } from './finding.ts';

const SUBJECT = 'replica';
const SETTING = 'DATABASE_REPLICA_URL';

/** @returns nothing where the settings name none */
export async function checkReplica(leaderUrl: string, config: Config): Promise<Finding[]> {
  const { DATABASE_REPLICA_URL: url, DATABASE_REPLICA_MAX_LAG_MS: maxLag_ms } = config;
  if (url === undefined) return [];
  const [leader, replica] = [leaderUrl, url].map((url) =>
    openDatabase({ url, poolSize: 1, onError: () => {} }),
  );
  if (leader === undefined || replica === undefined) return [];
  try {
    const position = await readPosition(leader.db);
    const began_at_ms = performance.now();
    await replica.db.connection().execute((db) => whenReplayed(db, position, maxLag_ms));
    const lag_ms = Math.ceil(performance.now() - began_at_ms);
    return [{ level: 'ok', subject: SUBJECT, text: `follows, at most ${lag_ms} ms behind` }];
  } catch (error) {
    const level = error instanceof ReplicaBehind ? 'warn' : 'fail';
    const reason =
      error instanceof ReplicaUnfit ? error.message : describeFault(error, SETTING).message;
    const text = `public reads go to the leader: ${reason.replaceAll('\n', ' ')}`;
    return [{ level, subject: SUBJECT, text }];
  } finally {
    await Promise.all([leader.db.destroy(), replica.db.destroy()]);
  }
}
