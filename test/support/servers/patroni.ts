// Patroni's REST as its documentation shows it (https://patroni.readthedocs.io/en/latest/rest_api.html), over real HTTP.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface PatroniMember {
  readonly name: string;
  readonly role: 'leader' | 'replica' | 'sync_standby' | 'quorum_standby';
  readonly state: string;
  readonly port: number;
  readonly version: string;
}

export interface PatroniState {
  readonly members: readonly PatroniMember[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly pause?: boolean;
}

interface TestPatroni {
  readonly url: string;
  state: PatroniState;
  close(): Promise<void>;
}

export async function startPatroni(state: PatroniState): Promise<TestPatroni> {
  const patroni = { state };
  const server = createServer((request, response) => {
    const answer = answerTo(request.url ?? '', url, patroni.state);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(answer === undefined ? 'null' : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(patroni, {
    url,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

/** One server plays every member, each below its name. */
function answerTo(path: string, url: string, { members, config, pause }: PatroniState): unknown {
  if (path === '/cluster')
    return {
      members: members.map(({ name, role, state, port }) => ({
        name,
        role,
        state,
        api_url: `${url}/${name}/patroni`,
        host: '127.0.0.1',
        port,
        timeline: 5,
        ...(role === 'leader' ? {} : { lag: 0 }),
        tags: { clonefrom: true },
      })),
      scope: 'demo',
      ...(pause === undefined ? {} : { pause }),
    };
  if (path === '/config') return config;
  if (path === '/history')
    return [
      [1, 25623960, 'no recovery target specified', '2019-09-23T16:57:57+02:00'],
      [2, 25624344, 'no recovery target specified', '2019-09-24T09:22:33+02:00', 'db2'],
    ];
  const member = members.find(({ name }) => path === `/${name}/patroni`);
  if (member === undefined) return undefined;
  return {
    state: 'running',
    postmaster_start_time: '2024-08-28 19:39:26.352526+00:00',
    role: member.role === 'leader' ? 'primary' : 'replica',
    server_version: 160004,
    xlog: { location: 67395656 },
    timeline: 5,
    dcs_last_seen: 1692356718,
    database_system_identifier: '7268616322854375442',
    patroni: { version: member.version, scope: 'demo', name: member.name },
  };
}
