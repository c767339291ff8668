// Connections of each process, and the database servers behind them.
import { type Dashboard, rate } from '../panel.ts';

export const DATABASE: Dashboard = {
  uid: 'database',
  title: 'Database and pool',
  description:
    'Who waits for a connection, who follows the leader, and how old the last backup is.',
  panels: [
    {
      kind: 'timeseries',
      title: 'Connections in use',
      description: 'Of each process, as a share of DATABASE_POOL_SIZE. Near 1 for long: slow SQL.',
      unit: 'percentunit',
      queries: [
        {
          expr: 'db_pool_connections{state="active"} / ignoring (state) db_pool_max_connections',
          legend: '{{instance}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Statements that wait',
      description: 'For a connection. A moment of it is a burst; minutes are too small a pool.',
      unit: 'short',
      queries: [{ expr: 'db_pool_waiting_requests', legend: '{{instance}}' }],
    },
    {
      kind: 'timeseries',
      title: 'Connections',
      description: 'Of all processes together: PostgreSQL’s max_connections must be above it.',
      unit: 'short',
      queries: [
        { expr: 'sum by (state) (db_pool_connections)', legend: '{{state}}' },
        { expr: 'sum(db_pool_max_connections)', legend: 'most that may be opened' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Sources that could not be read',
      description: 'Most of them are SQL: a rise of all at once is a database that is gone.',
      unit: 'ops',
      width: 12,
      queries: [
        {
          expr: `sum by (source) (${rate('metrics_collect_failures_total')})`,
          legend: '{{source}}',
        },
      ],
    },
    {
      kind: 'stat',
      title: 'Standbys',
      description: 'That follow the leader, as it knows.',
      unit: 'none',
      width: 6,
      queries: [{ expr: 'max(database_replicas)', legend: 'standbys' }],
    },
    {
      kind: 'timeseries',
      title: 'Lag of the slowest standby',
      description: 'What a failover without synchronous commit would lose.',
      unit: 's',
      width: 6,
      queries: [
        {
          expr: 'max(database_replica_lag_seconds)',
          legend: 'lag',
          absentBecause: 'there is no standby',
        },
      ],
    },
    {
      kind: 'stat',
      title: 'Acknowledged and gone',
      description:
        'Audit entries whose commit was acknowledged to a process and that the database no longer has.',
      unit: 'none',
      width: 6,
      queries: [{ expr: 'sum(acknowledged_entries_missing_total)', legend: 'entries' }],
    },
    {
      kind: 'timeseries',
      title: 'Timeline',
      description: 'One more after each failover. Processes that differ reach different servers.',
      unit: 'none',
      width: 6,
      queries: [{ expr: 'database_timeline', legend: '{{instance}}' }],
    },
    {
      kind: 'stat',
      title: 'Age of the last backup',
      description: 'Above 26 hours somebody is woken.',
      unit: 's',
      width: 6,
      queries: [{ expr: 'time() - max(backup_taken_timestamp_seconds)', legend: 'age' }],
    },
    {
      kind: 'stat',
      title: 'Age of the last restore that was looked at',
      description: 'A backup that was never restored is a hope.',
      unit: 's',
      width: 6,
      queries: [{ expr: 'time() - max(backup_verified_timestamp_seconds)', legend: 'age' }],
    },
    {
      kind: 'timeseries',
      title: 'Space left on disks',
      description: 'Less than 5 % wakes somebody, and so does the forecast of a full disk.',
      unit: 'percentunit',
      width: 12,
      queries: [
        {
          expr: 'node_filesystem_avail_bytes{fstype=~"ext[234]|xfs|btrfs|zfs"} / node_filesystem_size_bytes',
          legend: '{{instance}} {{mountpoint}}',
          absentBecause: 'it is told by node_exporter',
        },
      ],
    },
  ],
};
