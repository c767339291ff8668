// `npm run drill:failover [-- fault…]`: the clusters of ops/ha on three machines that are namespaces, the service over them and
// customers in it. Each fault of scripts/failover/faults.ts is struck and healed under load, and then every acknowledged order
// must be there. As root; on a Debian before 13 through scripts/failover/debian13.sh. `--keep` leaves all logs.
import { parseArgs } from 'node:util';
import { drill } from './failover/drill.ts';
import { FAULTS } from './failover/faults.ts';
import { isPassed, reportOf } from './failover/report.ts';

const CUSTOMERS = 8;
const ORDERS = 60;

const { values, positionals } = parseArgs({
  options: { keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const faults = positionals.length > 0 ? positionals : FAULTS.map(({ name }) => name);
const result = await drill(
  { faults, customers: CUSTOMERS, orders: ORDERS },
  { printProgress: (line) => console.error(line), keeps: values.keep },
);
for (const line of reportOf(result)) console.log(line);
if (!isPassed(result)) process.exitCode = 1;
