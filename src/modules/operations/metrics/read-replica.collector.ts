// What a scrape shows of the replica that public reads go to.
import type { Replica } from '../../../db/replica/replica.ts';
import { SECOND_MS } from '../../../lib/time.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';

/** Without a replica its series are empty. */
export function collectReadReplica(metrics: Metrics, replica: Replica | undefined): void {
  metrics.collectFrom({
    name: 'read-replica',
    series: {
      public_reads_total: {
        type: 'counter',
        help: 'Public answers that were made anew, by the server that was read',
        labels: ['server'],
      },
      public_reads_failed_over_total: {
        type: 'counter',
        help: 'Those of the leader that were tried on the replica first',
      },
      public_reads_waiting: {
        type: 'gauge',
        help: 'Public reads that wait for a connection to the replica or a turn at the leader',
      },
      read_replica_in_use: { type: 'gauge', help: 'Whether public reads go to the replica' },
      read_replica_lag_seconds: {
        type: 'gauge',
        help: 'How long the replica took to hold what the leader held',
      },
    },
    collect: () => {
      const state = replica?.state();
      return {
        public_reads_total:
          state === undefined
            ? []
            : Object.entries(state.reads).map(([server, reads]) => [{ server }, reads] as const),
        public_reads_failed_over_total: state?.failedReads ?? [],
        public_reads_waiting: state?.waiting ?? [],
        read_replica_in_use: state === undefined ? [] : Number(state.isInUse),
        read_replica_lag_seconds: state?.lag_ms === undefined ? [] : state.lag_ms / SECOND_MS,
      };
    },
  });
}
