// What an enclosure runs: the clusters of ops/ha on a network of their own, the service over them, and one fault after the other.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Acknowledged } from './customers.ts';
import type { DrillOptions, DrillResult, Trial } from './drill.ts';
import { RESULT_FILE } from './enclosure.ts';
import { faultOf } from './faults.ts';
import { startDatabaseCluster } from './machines/database-cluster.ts';
import { createMachine } from './machines/machine.ts';
import { buildNetwork } from './machines/network.ts';
import { versionOf } from './machines/programs.ts';
import { startRedisCluster } from './machines/redis-cluster.ts';
import { planLayout } from './machines/settings.ts';
import { lineOf } from './report.ts';
import { startService } from './service.ts';
import { compareAll, tryFault } from './trial.ts';

async function runInside(folder: string, options: DrillOptions): Promise<DrillResult> {
  const { faults, customers, orders } = options;
  const printProgress = (line: string) => console.error(line);
  buildNetwork();
  const machine = await createMachine(folder);
  const layout = planLayout();
  printProgress(`Starting three machines with ${versionOf('patroni')}, PostgreSQL, etcd and Redis`);
  const [database, redis] = await Promise.all([
    startDatabaseCluster(machine, layout),
    startRedisCluster(machine, layout),
  ]);
  const service = await startService({ machine, database, redis, customers, printProgress });
  const since = new Date();
  const trials: Trial[] = [];
  const acknowledged: Acknowledged[] = [];
  for (const name of faults) {
    const trial = await tryFault(
      { machine, database, redis, service, orders, printProgress },
      faultOf(name),
    );
    acknowledged.push(...trial.acknowledged);
    trials.push({ ...trial, acknowledged: trial.acknowledged.length });
    printProgress(trials.map(lineOf).at(-1) ?? '');
  }
  printProgress(database.control(['list']));
  return {
    trials,
    comparisons: await compareAll({ machine, database }, acknowledged, since),
    violations: await service.run(['check-invariants']),
  };
}

const [folder = '', options = ''] = process.argv.slice(2);
const result = await runInside(folder, JSON.parse(options));
writeFileSync(join(folder, RESULT_FILE), JSON.stringify(result));
// The programs that it started go on.
process.exit();
