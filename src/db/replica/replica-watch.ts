// Watches a replica off the path of requests: how far behind it is, and whether it can be read at all.
import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '../../lib/flow/deadline.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Db } from '../database.ts';
import { type Position, ReplicaBehind, whenReplayed } from './replica-position.ts';

const INTERVAL_MS = 500;
/** A replica that owes an answer for so long, beyond the lag that it may have, is not waited for. */
const TIMEOUT_MS = 1_000;

export interface ReplicaWatch {
  /** As it was found last. */
  isFit(): boolean;
  /** How long it took to hold what the leader held, or for how long it has been wanting; undefined where nobody knows. */
  lag_ms(): number | undefined;
  /** Looks at once: something went wrong there. */
  look(): void;
  close(): Promise<void>;
}

export interface ReplicaWatchOptions {
  /** A connection that nothing else uses: a crowd of reads must not pass for lag. */
  readonly replica: Db;
  readonly position: () => Promise<Position>;
  readonly maxLag_ms: number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** What the replica is to reach. */
interface Target {
  readonly position: Position;
  readonly known_at_ms: number;
}

/** Begins at once; until the replica is found fit it is not. */
export function watchReplica(options: ReplicaWatchOptions): ReplicaWatch {
  const { replica, position, maxLag_ms, log } = options;
  let isFit: boolean | undefined;
  let lag_ms: number | undefined;
  let target: Target | undefined;
  let isClosing = false;
  let waker = Promise.withResolvers<void>();

  const reach = async (): Promise<number> => {
    target ??= { position: await position(), known_at_ms: performance.now() };
    await whenReplayed(replica, target.position, maxLag_ms);
    return performance.now() - target.known_at_ms;
  };
  const setFit = (isFitNow: boolean, facts: object) => {
    if (isFit === isFitNow || isClosing) return;
    isFit = isFitNow;
    if (isFitNow) log.info(facts, 'public reads go to the replica');
    else log.warn(facts, 'public reads go to the leader: its replica cannot be read');
  };
  /** @returns whether the next look can wait */
  const measure = async (): Promise<boolean> => {
    try {
      lag_ms = await withDeadline(reach(), maxLag_ms + TIMEOUT_MS, 'the replica does not answer');
      target = undefined;
      // It has caught up with what it was too late for: whether it keeps up shows the next time.
      if (lag_ms > maxLag_ms) return false;
      setFit(true, { lag_ms: Math.round(lag_ms) });
    } catch (err) {
      // What it is late for stays what it has to reach: so its lag grows until it does.
      if (!(err instanceof ReplicaBehind)) {
        target = undefined;
        lag_ms = undefined;
      }
      setFit(false, { err });
    }
    return true;
  };
  const run = async () => {
    while (!isClosing) {
      waker = Promise.withResolvers();
      const canWait = await measure();
      if (canWait && !isClosing)
        await Promise.race([waker.promise, pause(INTERVAL_MS, undefined, { ref: false })]);
    }
  };
  const running = run();

  return {
    isFit: () => isFit === true,
    lag_ms: () =>
      target !== undefined && isFit === false ? performance.now() - target.known_at_ms : lag_ms,
    look: () => waker.resolve(),
    close: () => {
      isClosing = true;
      waker.resolve();
      return running;
    },
  };
}
