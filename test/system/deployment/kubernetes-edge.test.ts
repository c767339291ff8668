// What people outside a cluster reach, by each way in: every address that the server has for them, and none that it has for
// machines inside.
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';
import {
  constantOf,
  FOLDER,
  getObject,
  namesOf,
  overlay,
  settingsOf,
} from '../../support/deployment/kubernetes.ts';
import { type KubernetesObject, kustomize } from '../../support/deployment/kustomize.ts';
import { exchange, type RawAnswer } from '../../support/network/raw-http.ts';

/** For machines inside and for development: neither is anybody's business outside. */
const CLOSED = ['/metrics', '/dev'];
const METRICS_TOKEN = 'a-token-of-monitoring-inside-the-cluster';
const GATEWAY = getObject(kustomize(join(FOLDER, 'gateway')), 'Gateway', 'public');
const PRODUCTION = overlay('production');
const BEHIND_INGRESS = overlay('production-ingress');

interface Match {
  readonly type: string;
  readonly value: string;
}

interface RouteSpec {
  readonly parentRefs: readonly { name: string; namespace: string; sectionName: string }[];
  readonly hostnames: readonly string[];
  readonly rules: readonly {
    readonly matches: readonly { readonly path: Match }[];
    readonly backendRefs?: readonly { readonly name: string; readonly port: number }[];
    readonly timeouts?: { readonly request: string };
    readonly filters?: readonly object[];
  }[];
}

const routeOf = (objects: readonly KubernetesObject[], name: string) =>
  getObject(objects, 'HTTPRoute', name)['spec'] as RouteSpec;
const matchesOf = ({ rules }: RouteSpec) =>
  rules.flatMap(({ matches }) => matches.map(({ path }) => path));

interface IngressSpec {
  readonly tls: readonly { readonly hosts: readonly string[] }[];
  readonly rules: readonly {
    readonly host: string;
    readonly http: { readonly paths: readonly { path: string; pathType: string }[] };
  }[];
}

const ingressOf = (objects: readonly KubernetesObject[]) =>
  getObject(objects, 'Ingress', 'api')['spec'] as IngressSpec;

/** What each way in passes on. */
const WAYS: readonly (readonly [string, readonly Match[]])[] = [
  ['a Gateway', matchesOf(routeOf(PRODUCTION, 'api'))],
  [
    'an Ingress',
    ingressOf(BEHIND_INGRESS).rules.flatMap(({ http }) =>
      http.paths.map(({ path, pathType }) => ({ type: pathType, value: path })),
    ),
  ],
];

let test: TestApp;
let port: number;

beforeAll(async () => {
  test = await createTestApp({ env: { METRICS_TOKEN } });
  await test.app.listen({ host: '127.0.0.1', port: 0 });
  port = (test.app.server.address() as AddressInfo).port;
});
afterAll(() => test.close());

describe.each(WAYS)('by %s', (_way, matches) => {
  it('every address of the server is reached, but for those that are closed', () => {
    const paths = pathsOf(test);
    expect(paths.length).toBeGreaterThan(100);
    const isClosed = (path: string) => CLOSED.some((closed) => isBelow(path, closed));
    const unreached = paths.filter((path) => !matches.some((match) => isMatch(path, match)));
    expect(unreached).toEqual(paths.filter(isClosed));
    expect(unreached).toEqual(expect.arrayContaining(['/metrics', '/dev/messages']));
  });

  it('nothing is passed on that the server does not have', () => {
    const paths = pathsOf(test);
    for (const match of matches)
      expect(
        paths.some((path) => isMatch(path, match)),
        match.value,
      ).toBe(true);
  });

  // As some controllers compare them: letter by letter, without asking where a segment ends.
  it.each(CLOSED)('no prefix opens %s', (closed) => {
    for (const { value } of matches)
      if (value !== '/') expect(closed.startsWith(value) || value.startsWith(closed)).toBe(false);
  });

  it.each([
    '/metrics',
    '/metrics/',
    '/%6detrics',
    '/%6Detrics',
    '/metrics?x=/api',
    '//metrics',
    '/./metrics',
    '/api/../metrics',
    '/api/..%2fmetrics',
    '/api/%2e%2e/metrics',
    '/api/.%2e/metrics',
    '/docs/..;/metrics',
    '/api\\..\\metrics',
    '/api//../../metrics',
    'http://api/metrics',
    '/dev/messages',
    '/%64ev/messages',
    '/api/../dev/messages',
    '/api/%2e%2e/dev/messages',
  ])('%s shows nothing of what is closed', async (target) => {
    const [path = ''] = target.replace('http://api', '').split('?');
    const isPassedOn = matches.some((match) => isMatch(path, match));
    const { status } = await askWithToken(target);
    // What is passed on as it stands, the server must not take for the address that is closed.
    expect([isPassedOn, status]).not.toEqual([true, 200]);
  });
});

it('the token opens /metrics to whoever gets there, so that the addresses above are closed by the way in', async () => {
  for (const target of ['/metrics', '/metrics/', '/%6detrics'])
    expect((await askWithToken(target)).status).toBe(200);
});

describe('over plain HTTP', () => {
  it('a Gateway leads people to HTTPS, and refuses whatever carries a token or a signature', () => {
    const route = routeOf(PRODUCTION, 'to-https');
    expect(route.rules.every(({ backendRefs }) => backendRefs === undefined)).toBe(true);
    expect(route.rules.flatMap(({ filters = [] }) => filters)).toEqual([
      { type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } },
    ]);
    const led = pathsOf(test).filter((path) =>
      matchesOf(route).some((match) => isMatch(path, match)),
    );
    expect(led).toContain('/');
    for (const path of led) expect(path).toMatch(/^\/(?:$|docs\b|redoc\b)/);
  });

  it('an Ingress does not listen', () => {
    const { annotations } = getObject(BEHIND_INGRESS, 'Ingress', 'api').metadata;
    expect(annotations).toEqual({
      'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
      'traefik.ingress.kubernetes.io/router.tls': 'true',
    });
  });
});

describe.each([
  ['staging', overlay('staging')],
  ['production', PRODUCTION],
])('%s', (_name, objects) => {
  const host = new URL(settingsOf(objects)['PUBLIC_URL'] ?? '').host;

  it('is served at the one address that answers name', () => {
    for (const route of ['api', 'to-https'])
      expect(routeOf(objects, route).hostnames).toEqual([host]);
    expect(namesOf(objects, 'Ingress')).toEqual([]);
  });

  it('gives a request more time than the API does', () => {
    for (const { backendRefs, timeouts } of routeOf(objects, 'api').rules) {
      expect(backendRefs).toEqual([{ name: 'api', port: 8000 }]);
      const seconds = Number(timeouts?.request.replace('s', ''));
      expect(seconds).toBeGreaterThan(constantOf('src/http/limits/slow-clients.ts', 'exchange_ms'));
    }
  });
});

it('production attaches to the listeners of the Gateway, which lets it', () => {
  const { listeners } = GATEWAY['spec'] as {
    listeners: { name: string; protocol: string; hostname: string; allowedRoutes: object }[];
  };
  for (const [name, protocol] of [
    ['api', 'HTTPS'],
    ['to-https', 'HTTP'],
  ] as const) {
    const { parentRefs, hostnames } = routeOf(PRODUCTION, name);
    const [ref] = parentRefs;
    expect(ref).toMatchObject({
      name: GATEWAY.metadata.name,
      namespace: GATEWAY.metadata.namespace,
    });
    const listener = listeners.find((candidate) => candidate.name === ref?.sectionName);
    expect([listener?.protocol, listener?.hostname]).toEqual([protocol, hostnames[0]]);
    expect(JSON.stringify(listener?.allowedRoutes)).toContain('"freshbytes-production"');
  }
});

it('an Ingress serves the address that answers name, over TLS', () => {
  const { tls, rules } = ingressOf(BEHIND_INGRESS);
  const host = new URL(settingsOf(BEHIND_INGRESS)['PUBLIC_URL'] ?? '').host;
  expect([tls.map(({ hosts }) => hosts), rules.map((rule) => rule.host)]).toEqual([
    [[host]],
    [host],
  ]);
  expect(namesOf(BEHIND_INGRESS, 'HTTPRoute')).toEqual([]);
});

it('the probe from outside uses the public address', () => {
  const { targets } = getObject(PRODUCTION, 'Probe', 'site')['spec'] as {
    targets: { staticConfig: { static: string[] } };
  };
  const url = settingsOf(PRODUCTION)['PUBLIC_URL'];
  expect(targets.staticConfig.static).toEqual([`${url}/health/ready`]);
});

async function askWithToken(target: string): Promise<RawAnswer> {
  const lines = [`GET ${target} HTTP/1.1`, 'Host: api', 'Connection: close'];
  const request = [...lines, `Authorization: Bearer ${METRICS_TOKEN}`, '', ''].join('\r\n');
  const [answer] = await exchange(port, request);
  if (answer === undefined) throw new Error(`no answer to ${target}`);
  return answer;
}

function isMatch(path: string, { type, value }: Match): boolean {
  return type === 'Exact' ? path === value : isBelow(path, value);
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Paths that the server has a route for; a parameter stands as `:name`. */
function pathsOf({ app }: TestApp): string[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part, methods] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?/.exec(line) ?? [];
      if (part === undefined) return [];
      const depth = indent.length / 4;
      const path = `${depth === 0 ? '' : parents[depth - 1]}${part}`;
      parents[depth] = path;
      return methods === undefined ? [] : [path];
    })
    .toSorted();
}
