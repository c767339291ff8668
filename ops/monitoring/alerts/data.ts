// What the data stand on: standbys, backups, disks and certificates.
import type { AlertGroup } from '../alert.ts';
import { ago, counter, falling, gauge } from '../course.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const GIGABYTE = 1e9;
/** Disks that fill; the others are memory or never change. */
const DISKS = 'fstype=~"ext[234]|xfs|btrfs|zfs"';
const DISK_LABELS = 'mountpoint="/var/lib/postgresql",fstype="ext4",instance="db"';
const DISK = { mountpoint: '/var/lib/postgresql', fstype: 'ext4', instance: 'db' };
const SITE = 'https://market.example.com';

export const DATA: AlertGroup = {
  name: 'data',
  alerts: [
    {
      name: 'AcknowledgedLost',
      severity: 'page',
      source: 'freshbytes',
      expr: 'sum(increase(acknowledged_entries_missing_total[1h])) > 0',
      summary: 'The database lacks what was acknowledged',
      description:
        'Orders that customers had confirmed are lost. The log names each; what is consistent may still be incomplete.',
      runbook: 'commits-lost',
      drill: {
        minutes: { good: 10, bad: 20, again: 90 },
        series: { 'acknowledged_entries_missing_total{instance="a"}': counter(0, 3) },
      },
    },
    {
      name: 'CommitUnreplicated',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'sum(increase(commits_unreplicated_total[1h])) > 0',
      summary: 'Commits were acknowledged on one disk',
      description:
        'Somebody cancelled their wait for the standby. A failover before it catches up takes them back.',
      runbook: 'commits-lost',
      drill: {
        minutes: { good: 10, bad: 20, again: 90 },
        series: { 'commits_unreplicated_total{instance="a"}': counter(0, 1) },
      },
    },
    {
      name: 'ReplicaLagging',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'max(database_replica_lag_seconds) > 30',
      for: '5m',
      summary: 'A standby of the database is more than half a minute behind',
      description:
        'If the leader were lost now, what the standby has not replayed would delay its taking over, or be lost.',
      runbook: 'replica-lag',
      drill: { series: { 'database_replica_lag_seconds{instance="a"}': gauge(20, 120) } },
    },
    {
      name: 'ReplicaLost',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'max(database_replicas) < max(max_over_time(database_replicas[1d]))',
      for: '5m',
      summary: 'The database has fewer standbys than within the last day',
      description: 'One more loss and there is nobody to take over.',
      runbook: 'replica-lag',
      drill: { series: { 'database_replicas{instance="a"}': gauge(2, 1) } },
    },
    {
      name: 'ReplicaNotInUse',
      severity: 'ticket',
      source: 'freshbytes',
      // Absent where no DATABASE_REPLICA_URL is set.
      expr: 'max by (instance) (max_over_time(read_replica_in_use[5m])) == 0',
      for: '5m',
      summary: 'The process at {{ $labels.instance }} does not read from the replica',
      description:
        'The leader makes every public answer that no cache has, and was relieved of that.',
      runbook: 'replica-lag',
      drill: {
        series: { 'read_replica_in_use{instance="a"}': gauge(1, 0) },
        labels: { instance: 'a' },
      },
    },
    {
      name: 'StorageFailing',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'sum by (result) (rate(storage_requests_total{result=~"unavailable|failed"}[5m])) > 0',
      for: '10m',
      summary: 'The storage of uploads is {{ $labels.result }}',
      description: 'Pictures cannot be uploaded or shown; everything else is sold on.',
      runbook: 'storage-failing',
      drill: {
        series: {
          'storage_requests_total{operation="put",result="unavailable",instance="a"}': counter(
            0,
            6,
          ),
        },
        labels: { result: 'unavailable' },
      },
    },
    {
      name: 'BackupOld',
      severity: 'page',
      source: 'freshbytes',
      expr: 'time() - max(backup_taken_timestamp_seconds) > 26 * 3600',
      for: '5m',
      summary: 'The last backup is older than a day',
      description: 'What is lost now cannot be brought back from later than that backup.',
      runbook: 'backup-old',
      drill: {
        series: { backup_taken_timestamp_seconds: ago(25 * HOUR_SECONDS, 27 * HOUR_SECONDS) },
      },
    },
    {
      name: 'BackupMissing',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'absent(backup_taken_timestamp_seconds)',
      for: '1h',
      summary: 'No backup is known',
      description: 'None was ever taken, or no process tells of it.',
      runbook: 'backup-old',
      drill: {
        minutes: { good: 10, bad: 90, again: 10 },
        series: { backup_taken_timestamp_seconds: gauge(0, undefined) },
      },
    },
    {
      name: 'BackupUnverified',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'time() - max(backup_verified_timestamp_seconds) > 8 * 86400',
      for: '5m',
      summary: 'No backup has been restored and looked at for a week',
      description: 'A backup that was never restored is a hope.',
      runbook: 'backup-old',
      drill: {
        series: { backup_verified_timestamp_seconds: ago(7 * DAY_SECONDS, 9 * DAY_SECONDS) },
      },
    },
    {
      name: 'PartitionsMissing',
      severity: 'ticket',
      source: 'freshbytes',
      expr: 'max(audit_partitions_end_timestamp_seconds) - time() < 60 * 86400',
      for: '1h',
      summary: 'The months of the audit log that come have no partitions',
      description:
        'They are made three months ahead. Entries are written all the same, but retention cannot take them out by month.',
      runbook: 'partitions-missing',
      drill: {
        minutes: { good: 10, bad: 90, again: 10 },
        series: {
          audit_partitions_end_timestamp_seconds: ago(-90 * DAY_SECONDS, -59 * DAY_SECONDS),
        },
      },
    },
    {
      name: 'RetentionOverdue',
      severity: 'ticket',
      source: 'freshbytes',
      // One month becomes due on the first day of each.
      expr: 'max(audit_partitions_overdue) > 1',
      for: '1h',
      summary: 'The audit log holds more than AUDIT_RETENTION_MONTHS says',
      description: 'Nobody ran `retention` for two months, or it refuses a partition.',
      runbook: 'partitions-missing',
      drill: {
        minutes: { good: 10, bad: 90, again: 10 },
        series: { 'audit_partitions_overdue{instance="a"}': gauge(1, 2) },
      },
    },
    {
      name: 'DiskFullWithinHours',
      severity: 'page',
      source: 'node_exporter',
      expr: `predict_linear(node_filesystem_avail_bytes{${DISKS}}[1h], 4 * 3600) < 0`,
      for: '10m',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} will be full within four hours',
      description:
        'At the rate of the last hour. A full disk stops PostgreSQL, and with it the service.',
      runbook: 'disk-full',
      drill: {
        minutes: { good: 60, bad: 60, again: 90 },
        series: {
          [`node_filesystem_avail_bytes{${DISK_LABELS}}`]: falling(200 * GIGABYTE, GIGABYTE),
        },
        labels: DISK,
      },
    },
    {
      name: 'DiskFullWithinDays',
      severity: 'ticket',
      source: 'node_exporter',
      expr: `predict_linear(node_filesystem_avail_bytes{${DISKS}}[6h], 4 * 86400) < 0`,
      for: '1h',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} will be full within four days',
      description: 'At the rate of the last six hours.',
      runbook: 'disk-full',
      drill: {
        minutes: { good: 360, bad: 480, again: 420 },
        series: {
          [`node_filesystem_avail_bytes{${DISK_LABELS}}`]: falling(500 * GIGABYTE, GIGABYTE / 10),
        },
        labels: DISK,
      },
    },
    {
      name: 'DiskAlmostFull',
      severity: 'page',
      source: 'node_exporter',
      expr: `node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}} < 0.05`,
      for: '5m',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} is nearly full',
      description: 'Less than 5 % is left.',
      runbook: 'disk-full',
      drill: {
        series: {
          [`node_filesystem_avail_bytes{${DISK_LABELS}}`]: gauge(60 * GIGABYTE, 40 * GIGABYTE),
          [`node_filesystem_size_bytes{${DISK_LABELS}}`]: gauge(1_000 * GIGABYTE, 1_000 * GIGABYTE),
        },
        labels: DISK,
      },
    },
    {
      name: 'CertificateExpiresInWeeks',
      severity: 'ticket',
      source: 'blackbox_exporter',
      expr: 'probe_ssl_earliest_cert_expiry - time() < 21 * 86400',
      for: '10m',
      summary: 'The certificate of {{ $labels.instance }} ends within three weeks',
      description: 'It should have been renewed a month before its end.',
      runbook: 'certificate-expiry',
      drill: {
        series: {
          [`probe_ssl_earliest_cert_expiry{instance="${SITE}"}`]: ago(
            -22 * DAY_SECONDS,
            -20 * DAY_SECONDS,
          ),
        },
        labels: { instance: SITE },
      },
    },
    {
      name: 'CertificateExpiresInDays',
      severity: 'page',
      source: 'blackbox_exporter',
      expr: 'probe_ssl_earliest_cert_expiry - time() < 3 * 86400',
      for: '10m',
      summary: 'The certificate of {{ $labels.instance }} ends within three days',
      description: 'After that no browser connects.',
      runbook: 'certificate-expiry',
      drill: {
        series: {
          [`probe_ssl_earliest_cert_expiry{instance="${SITE}"}`]: ago(
            -4 * DAY_SECONDS,
            -2 * DAY_SECONDS,
          ),
        },
        labels: { instance: SITE },
      },
    },
  ],
};
