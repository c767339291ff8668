// Stands in for an application in tests: holds the server of a data folder until its input ends, and
// prints events as lines of JSON.

import { type EmbeddedOptions, startEmbedded } from './embedded.ts';

const options = JSON.parse(process.argv[2] ?? '') as EmbeddedOptions;
const print = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

const server = await startEmbedded({ ...options, log: (line) => print({ log: line }) });
print({ owned: server.owned, url: server.url, dataDir: server.dataDir, version: server.version });
process.stdin.resume();
process.stdin.on('end', () => void server.stop());
