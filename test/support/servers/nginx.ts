// A shared cache for tests: nginx in front of an API, keeping every answer that says it is public.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const BINARY = 'nginx';
const isInstalled = spawnSync(BINARY, ['-v']).status === 0;

/** Tests that need nginx are skipped without it, unless it is said that they must run. */
export const hasNginx = isInstalled || process.env['REQUIRE_NGINX'] === '1';

export interface SharedCache {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on `port` of 127.0.0.1; `X-Cache` says HIT, MISS, EXPIRED or BYPASS. */
export async function startSharedCache(upstream: string, port: number): Promise<SharedCache> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-nginx-'));
  const path = join(folder, 'nginx.conf');
  await writeFile(path, configuration({ folder, upstream, port }));
  const server = spawn(BINARY, ['-p', folder, '-c', path, '-e', join(folder, 'error.log')]);
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(`${url}/health/live`), { timeout: 5_000 });
  return {
    url,
    stop: async () => {
      server.kill();
      await once(server, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

/** Keener than it should be: it ignores that an answer must be asked for again each time, but not that it is private. */
function configuration(of: { folder: string; upstream: string; port: number }): string {
  const { folder, upstream, port } = of;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      proxy_cache_path ${folder}/cache keys_zone=answers:1m;
      map $upstream_http_cache_control $is_private { ~public ''; default 1; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass ${upstream};
          proxy_cache answers;
          proxy_ignore_headers Cache-Control Expires;
          proxy_cache_valid 200 1m;
          proxy_no_cache $is_private;
          add_header X-Cache $upstream_cache_status always;
        }
      }
    }`;
}
