// Runs `serve` and starts it again after each change. The embedded database stays up meanwhile, and compiled modules are kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadConfig } from '../src/config.ts';
import { startEmbedded } from '../src/db/embedded/embedded.ts';

const { DATABASE_URL, DATA_DIR } = loadConfig(process.env, 'dev');
const database =
  DATABASE_URL === undefined ? await startEmbedded({ dataDir: DATA_DIR }) : undefined;
const server = spawn(
  process.execPath,
  [
    '--watch-path=src',
    '--watch-path=migrations',
    '--watch-preserve-output',
    'src/main.ts',
    'serve',
  ],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: 'node_modules/.cache/compile', ...process.env } },
);
// A terminal's Ctrl-C reaches the server by itself; what follows waits for its end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => server.kill('SIGTERM'));
const [code] = (await once(server, 'exit')) as [number | null];
await database?.stop();
process.exit(code ?? 0);
