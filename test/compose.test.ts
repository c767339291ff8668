// compose.yaml: what it promises of every service, that all it mentions exists, and that its servers accept their settings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Environment, loadConfig } from '../src/config.ts';
import { readCompose, type Service, startOrder } from './compose.ts';
import { readDockerfile } from './dockerfile.ts';
import { wordsOf } from './image.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE_SUFFIX = '_FILE';
const SECRETS_DIR = '/run/secrets/';
const MS_PER_S = 1000;
const PUBLISHED_TO_ALL = { proxy: ['80:8080', '443:8443'] };

const compose = readCompose(['compose.yaml']);
const demo = readCompose(['compose.yaml', 'compose.demo.yaml']);
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

const folder = mkdtempSync(join(tmpdir(), 'freshbytes-secrets-'));
const makeSecrets = () => spawnSync(join(ROOT, 'ops/compose/make-secrets.sh'), [folder]).status;
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(services)('the service %s', (name, service) => {
  it('may write to its volumes alone, has no privileges, and cannot get any', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect([service.cap_add, service.privileged]).toEqual([undefined, undefined]);
  });

  it('is limited, and watched unless it runs to an end', () => {
    expect(service.deploy.resources.limits).toEqual({
      cpus: expect.any(String),
      memory: expect.any(String),
    });
    const isOneShot = service.restart !== 'unless-stopped';
    if (!isOneShot) expect(service.healthcheck?.test?.[0]).toBe('CMD');
  });

  it('comes from an exact version, or from this repository', () => {
    if (service.build === undefined) expect(service.image).toMatch(/:v?\d+\.\d+[^:]*$/);
    else expect(existsSync(join(ROOT, service.build.dockerfile))).toBe(true);
  });

  it('is published to this machine alone, if it is not the proxy', () => {
    const wide = (service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'));
    expect(wide).toEqual(name === 'proxy' ? PUBLISHED_TO_ALL.proxy : []);
  });

  it('mounts and names only what exists', () => {
    const [own, named] = [
      (service.volumes ?? []).filter(isOwnPath),
      (service.volumes ?? []).filter((volume) => /^[a-z]/.test(volume)),
    ];
    for (const volume of own)
      expect(existsSync(join(ROOT, volume.split(':')[0] ?? '')), volume).toBe(true);
    for (const volume of named)
      expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    for (const secret of service.secrets ?? [])
      expect(Object.keys(compose.secrets)).toContain(secret);
    for (const network of networksOf(service))
      expect(Object.keys(compose.networks)).toContain(network);
    for (const needed of Object.keys(service.depends_on ?? {}))
      expect(Object.keys(compose.services)).toContain(needed);
  });

  it('is given no secret in the clear, and reads only those that are mounted', () => {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      const isPath = String(value).startsWith(SECRETS_DIR);
      if (/PASSWORD|SECRET|TOKEN|KEY|_URL/.test(variable) && variable !== 'PUBLIC_URL')
        expect(isPath, variable).toBe(true);
      if (isPath)
        expect(service.secrets, variable).toContain(String(value).slice(SECRETS_DIR.length));
    }
  });
});

describe('compose.yaml', () => {
  it('starts two API processes, after the migration and the databases are done and well', () => {
    expect(compose.services['api']?.deploy.replicas).toBe(2);
    const order = startOrder(compose);
    const place = (name: string) => order.indexOf(name);
    const sequence = ['postgres', 'migrate', 'grant-runtime-role', 'api', 'proxy'];
    expect(sequence.toSorted((a, b) => place(a) - place(b))).toEqual(sequence);
    const conditions = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
    for (const [name, { condition }] of conditions) {
      const isStep = compose.services[name]?.restart !== 'unless-stopped';
      expect(condition, name).toBe(isStep ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it('keeps databases, monitoring and backups out of the default start and off the outside', () => {
    expect(startOrder(compose).toSorted()).toEqual([
      ...['api', 'grant-runtime-role', 'mail', 'migrate', 'postgres', 'proxy', 'valkey', 'worker'],
    ]);
    const profiles = Object.groupBy(services, ([, { profiles = ['default'] }]) => profiles.join());
    expect(profiles['backup']?.map(([name]) => name)).toEqual(['backup']);
    expect(profiles['observability']?.map(([name]) => name)).toEqual(
      expect.arrayContaining(['prometheus', 'alertmanager', 'grafana']),
    );
    expect(compose.networks['data']).toEqual({ internal: true });
    for (const name of ['postgres', 'valkey']) {
      const service = compose.services[name];
      expect(service && [networksOf(service), service.ports]).toEqual([['data'], undefined]);
    }
  });

  it('believes the proxy alone, at the address that it always has', () => {
    const edge = compose.services['proxy']?.networks as Record<string, { ipv4_address?: string }>;
    for (const [, { environment }] of ours)
      expect(environment?.['TRUST_PROXY']).toBe(edge['edge']?.ipv4_address);
    const onEdge = services.filter(([, service]) => networksOf(service).includes('edge'));
    expect(onEdge.map(([name]) => name)).toEqual(['api', 'proxy']);
  });

  it('gives a stopping process the time that it takes at most', () => {
    const source = readFileSync(join(ROOT, 'src/cli/serve.ts'), 'utf8');
    const stop_ms = Number(/STOP_TIMEOUT_MS = ([\d_]+);/.exec(source)?.[1]?.replaceAll('_', ''));
    for (const name of ['api', 'worker']) {
      const service = compose.services[name];
      const drain_ms = Number(service?.environment?.['DRAIN_MS'] ?? 0);
      const grace_ms = Number.parseInt(service?.stop_grace_period ?? '', 10) * MS_PER_S;
      expect(grace_ms).toBeGreaterThan(stop_ms + drain_ms);
    }
  });

  it('backs up with the programs of the server that it runs', () => {
    const text = readFileSync(join(ROOT, 'ops/docker/backup.Dockerfile'), 'utf8');
    const [, backup] = readDockerfile(text);
    expect(backup?.image).toBe(compose.services['postgres']?.image);
    expect(backup && wordsOf(backup, 'USER')).toEqual(['999:999']);
  });

  it('gives the monitoring its token, and finds API and worker by their names and ports', () => {
    const prometheus = readFileSync(join(ROOT, 'ops/monitoring/prometheus.yml'), 'utf8');
    expect(prometheus).toContain(`${SECRETS_DIR}metrics_token`);
    const port = Number(compose.services['worker']?.environment?.['WORKER_PORT']);
    expect(prometheus.replace(/\s+/g, ' ')).toContain(`names: - worker type: A port: ${port}`);
    const alertmanager = readFileSync(join(ROOT, 'ops/monitoring/alertmanager.yml'), 'utf8');
    const files = [...alertmanager.matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name]) => name);
    expect(compose.services['alertmanager']?.secrets).toEqual(expect.arrayContaining(files));
  });
});

describe.each([
  ['compose.yaml', compose, 'production'],
  ['compose.demo.yaml', demo, 'development'],
] as const)('the settings of %s', (_file, { services: all }, mode) => {
  const withSettings = Object.entries(all).filter(
    ([name, { build }]) => build !== undefined && (mode === 'production' || name !== 'backup'),
  );

  it.each(withSettings)('are accepted by %s', (_name, { environment = {} }) => {
    expect(makeSecrets()).toBe(0);
    const local = Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replace(SECRETS_DIR, `${folder}/`),
    ]);
    for (const [name = ''] of local) {
      const isSetting = name in Environment.properties;
      expect(isSetting || name.slice(0, -FILE_SUFFIX.length) in Environment.properties, name).toBe(
        true,
      );
    }
    expect(loadConfig(Object.fromEntries(local), '0.0.0').NODE_ENV).toBe(mode);
  });
});

describe('make-secrets.sh', () => {
  it('makes every secret that compose.yaml names, for nobody else to see', () => {
    expect(makeSecrets()).toBe(0);
    const files = Object.values(compose.secrets).map(({ file }) =>
      file.replace('ops/compose/secrets/', ''),
    );
    const made = readdirSync(folder);
    expect(made).toEqual(expect.arrayContaining(files));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('makes them anew for each installation, and never twice for one', () => {
    const before = readFileSync(join(folder, 'app_secret'), 'utf8');
    expect(makeSecrets()).toBe(0);
    expect(readFileSync(join(folder, 'app_secret'), 'utf8')).toBe(before);
    rmSync(join(folder, 'app_secret'));
    expect(makeSecrets()).toBe(0);
    expect(readFileSync(join(folder, 'app_secret'), 'utf8')).not.toBe(before);
  });

  it('is kept out of git', () => {
    const ignored = spawnSync('git', ['check-ignore', '-q', 'ops/compose/secrets/app_secret'], {
      cwd: ROOT,
    });
    expect(ignored.status).toBe(0);
  });
});

function isOwnPath(volume: string): boolean {
  return volume.startsWith('./');
}

function networksOf({ networks }: Service): string[] {
  return Array.isArray(networks) ? [...networks] : Object.keys(networks);
}

describe('the deployment guide', () => {
  const guide = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
  const commands = [...guide.matchAll(/^(docker compose|docker build|kubectl|ops\/\S+).*$/gm)].map(
    ([line]) => line.split(' '),
  );
  const valuesOf = (words: readonly string[], flag: string) =>
    words.flatMap((word, i) => (words[i - 1] === flag ? [word] : []));

  it('names files, profiles and services that exist', () => {
    expect(commands.length).toBeGreaterThan(10);
    const profiles = services.flatMap(([, { profiles = [] }]) => profiles);
    for (const words of commands) {
      const files = [...valuesOf(words, '-f'), ...valuesOf(words, '-k')];
      for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
      expect(profiles).toEqual(expect.arrayContaining(valuesOf(words, '--profile')));
      const service = words[words.indexOf('--rm') + 1];
      if (words.includes('--rm')) expect(Object.keys(compose.services)).toContain(service);
    }
  });

  it('gives Kubernetes each secret by the name of its setting', () => {
    const keys = [...guide.matchAll(/--from-file=([A-Z_]+)/g)].map(([, name = '']) => name);
    const used = Object.keys(compose.services['api']?.environment ?? {})
      .filter((name) => name.endsWith(FILE_SUFFIX))
      .map((name) => name.slice(0, -FILE_SUFFIX.length));
    expect([...new Set(keys)].toSorted()).toEqual(used.toSorted());
  });
});
