// Fails where a committed file that code generates is not what the code says. One process for all of them, as what they
// cost is mostly the loading of modules. The schema's types need a database: scripts/generate-schema.ts.
import { staleFiles as staleMonitoring } from '../ops/monitoring/generate.ts';
import { staleDocuments } from '../src/cli/openapi.ts';
import { staleFiles as staleConfig } from './generate-config.ts';

const stale: Readonly<Record<string, readonly string[]>> = {
  'generate:config': await staleConfig(),
  'generate:monitoring': (await staleMonitoring()).map((path) => `ops/monitoring/${path}`),
  'generate:openapi': await staleDocuments('openapi'),
};

for (const [script, paths] of Object.entries(stale))
  for (const path of paths) {
    console.error(`${path} is out of date: npm run ${script}`);
    process.exitCode = 1;
  }
// The API that answers with the documents keeps timers.
process.exit();
