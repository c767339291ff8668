// compose.yaml: what it promises of every service, that all it mentions exists, and that its servers accept their settings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Environment, loadConfig, SETTINGS, type Setting } from '../../../src/config.ts';
import {
  type Compose,
  readCompose,
  type Service,
  startOrder,
} from '../../support/deployment/compose.ts';
import { readDockerfile } from '../../support/deployment/dockerfile.ts';
import { wordsOf } from '../../support/deployment/image.ts';
import { hasAge } from '../../support/processes/backup-tools.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILE_SUFFIX = '_FILE';
const SECRETS_DIR = '/run/secrets/';
const MS_PER_S = 1000;
const PUBLISHED_TO_ALL = { proxy: ['0.0.0.0:80:8080', '0.0.0.0:443:8443'] };
/** What a process opens at most beside its pool: for probes, invalidations, and in a worker for the queues and the checks. */
const CONNECTIONS_BESIDE_POOL = { api: 3, worker: 7 };
/** Workers that the guide allows, and connections for migrate, a backup, people and superusers. */
const WORKERS_MAX = 3;
const OTHER_CONNECTIONS = 12;
const OF_BACKUPS = ['backup', 'recovery'];

const compose = readCompose(['compose.yaml']);
const demo = readCompose(['compose.yaml', 'compose.demo.yaml']);
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

const folder = mkdtempSync(join(tmpdir(), 'freshbytes-secrets-'));
const OWN_SECRETS = join(ROOT, 'ops/compose/secrets');
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
    if (isOneShot) return;
    expect(service.healthcheck).toMatchObject({ interval: '30s', start_interval: '1s' });
    expect(service.healthcheck?.test?.[0]).toBe('CMD');
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
    expect(makeSecrets()).toBe(0);
    for (const volume of own) {
      const source = join(ROOT, volume.split(':')[0] ?? '').replace(OWN_SECRETS, folder);
      expect(existsSync(source), volume).toBe(true);
    }
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
    const sequence = ['postgres', 'migrate', 'api', 'proxy'];
    expect(sequence.toSorted((a, b) => place(a) - place(b))).toEqual(sequence);
    const conditions = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
    for (const [name, { condition }] of conditions) {
      const isStep = compose.services[name]?.restart !== 'unless-stopped';
      expect(condition, name).toBe(isStep ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it('keeps databases, monitoring and backups out of the default start and off the outside', () => {
    expect(startOrder(compose).toSorted()).toEqual([
      ...['api', 'mail', 'migrate', 'postgres', 'proxy', 'valkey', 'worker'],
    ]);
    const profiles = Object.groupBy(services, ([, { profiles = ['default'] }]) => profiles.join());
    expect(profiles['backup']?.map(([name]) => name)).toEqual(['backup', 'recovery']);
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
    expect(addressOnEdge(compose)).toBe('10.213.0.2');
    for (const [, { environment }] of ours)
      expect(environment?.['TRUST_PROXY']).toBe(addressOnEdge(compose));
    const onEdge = services.filter(([, service]) => networksOf(service).includes('edge'));
    expect(onEdge.map(([name]) => name)).toEqual(['api', 'proxy']);
    const elsewhere = readCompose(['compose.yaml'], { env: { EDGE_NETWORK: '172.30.5' } });
    expect(addressOnEdge(elsewhere)).toBe('172.30.5.2');
    expect(elsewhere.services['api']?.environment?.['TRUST_PROXY']).toBe('172.30.5.2');
    expect(elsewhere.networks['edge']?.ipam?.config[0]?.subnet).toBe('172.30.5.0/24');
  });

  it('gives a stopping process the time that it takes at most, whatever DRAIN_MS is', () => {
    const source = readFileSync(join(ROOT, 'src/cli/server/serve.ts'), 'utf8');
    const stop_ms = Number(/STOP_TIMEOUT_MS = ([\d_]+);/.exec(source)?.[1]?.replaceAll('_', ''));
    const drain_ms = settingNamed('DRAIN_MS').maximum ?? Number.NaN;
    for (const name of ['api', 'worker']) {
      const grace_ms =
        Number.parseInt(compose.services[name]?.stop_grace_period ?? '', 10) * MS_PER_S;
      expect(grace_ms).toBeGreaterThan(stop_ms + drain_ms);
    }
  });

  it('reports once why a step refuses: it is not tried again', () => {
    expect(compose.services['migrate']?.restart).toBe('no');
  });

  it('has the role that it serves as granted what each migration brings', () => {
    const role = compose.services['migrate']?.environment?.['DATABASE_RUNTIME_ROLE'];
    const secrets = readFileSync(join(ROOT, 'ops/compose/make-secrets.sh'), 'utf8');
    expect(secrets).toContain(`keep database_app_url "postgres://${role}:`);
    expect(compose.services['api']?.depends_on).toHaveProperty('migrate');
  });

  it('has a connection for every process that the proxy has a server for', () => {
    const proxy = readFileSync(join(ROOT, 'ops/compose/haproxy.cfg'), 'utf8');
    const servers = Number(/server-template api (\d+)/.exec(proxy)?.[1]);
    const command = compose.services['postgres']?.command ?? [];
    const max = Number(/max_connections=(\d+)/.exec(command.join(' '))?.[1]);
    const pool = Number(settingNamed('DATABASE_POOL_SIZE').default);
    const needed =
      servers * (pool + CONNECTIONS_BESIDE_POOL.api) +
      WORKERS_MAX * (pool + CONNECTIONS_BESIDE_POOL.worker) +
      OTHER_CONNECTIONS;
    expect(servers).toBe(10);
    expect(max).toBeGreaterThanOrEqual(needed);
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

describe('the demo', () => {
  it('has a name, volumes, secrets and a network of its own beside production', () => {
    expect([compose.name, demo.name]).toEqual(['freshbytes', 'freshbytes-demo']);
    // Without names of their own, volumes and containers are called after the project.
    for (const volume of Object.values({ ...compose.volumes, ...demo.volumes }))
      expect(volume).toEqual({});
    const used = startOrder(demo).flatMap((name) => demo.services[name]?.secrets ?? []);
    const files = used.map((secret) => demo.secrets[secret]?.file);
    for (const file of files) expect(file).toMatch(/^ops\/compose\/demo-secrets\//);
    expect(demo.networks['edge']?.ipam?.config).toHaveLength(1);
    expect(addressOnEdge(demo)).not.toBe(addressOnEdge(compose));
  });

  it('is published to this machine alone, on one port, so that its proxy may count as this machine', () => {
    const published = startOrder(demo).flatMap((name) => demo.services[name]?.ports ?? []);
    expect(published).toEqual(['127.0.0.1:8000:8000']);
    expect(demo.services['api']?.environment?.['LOCAL_PROXY']).toBe(addressOnEdge(demo));
    for (const [name, { environment }] of services)
      expect(environment, name).not.toHaveProperty('LOCAL_PROXY');
  });

  it('keeps the pictures that `seed` puts where the API finds them', () => {
    for (const name of ['migrate', 'api', 'worker'])
      expect(demo.services[name]?.volumes, name).toEqual(['uploads:/data']);
  });

  it('reads nothing of what is meant for production', () => {
    const dotEnv = { SENTRY_DSN: 'https://key@errors.gulayan.ph/1', PUBLIC_URL: 'https://a.ph' };
    const { services: all } = readCompose(['compose.yaml', 'compose.demo.yaml'], { dotEnv });
    for (const name of ['migrate', 'api', 'worker']) {
      expect(all[name]?.environment).not.toHaveProperty('SENTRY_DSN');
      expect(all[name]?.environment?.['PUBLIC_URL']).toBe('http://localhost:8000');
      expect(all[name]?.volumes ?? []).not.toEqual(
        expect.arrayContaining([expect.stringContaining('secrets')]),
      );
    }
  });
});

describe('the settings of compose.yaml', () => {
  /** What the stack itself decides; docs/deployment.md says so. */
  const decided = new Set([
    ...['NODE_ENV', 'HOST', 'PORT', 'WORKER', 'WORKER_PORT', 'DATA_DIR', 'TRUST_PROXY'],
    // By make-secrets.sh, each in a file.
    ...['DATABASE_URL', 'REDIS_URL', 'APP_SECRET', 'JWT_PRIVATE_KEYS', 'METRICS_TOKEN'],
    ...['SMTP_URL', 'SEMAPHORE_API_KEY'],
    'DATABASE_RUNTIME_ROLE',
    // Of the services `backup` and `recovery`.
    ...['BACKUP_METHOD', 'BACKUP_DIR', 'BACKUP_IDENTITY_FILE'],
  ]);
  const free = SETTINGS.filter(({ name }) => !decided.has(name));

  it.each(free.map(({ name }) => name))('take %s from .env, in every service', (name) => {
    const given = readCompose(['compose.yaml'], { dotEnv: { [name]: 'of .env' } });
    for (const [service] of ours)
      expect(given.services[service]?.environment?.[name], service).toBe('of .env');
  });

  it('take any other secret from a file of the operator', () => {
    const secrets = free.filter(({ secret }) => secret).map(({ name }) => name);
    expect(secrets).toContain('SENTRY_DSN');
    for (const [name, { volumes }] of ours)
      expect(volumes, name).toContain('./ops/compose/secrets/more:/run/secrets/more:ro');
  });

  it('that the stack decides are named by the guide', () => {
    const guide = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
    const names = [...decided].filter((name) => !guide.includes(`\`${name}\``));
    expect(names).toEqual([]);
  });
});

describe.each([
  ['compose.yaml', compose, 'production'],
  ['compose.demo.yaml', demo, 'development'],
] as const)('the settings of %s', (_file, { services: all }, mode) => {
  const withSettings = Object.entries(all).filter(
    ([name, { build }]) =>
      build !== undefined && (mode === 'production' || !OF_BACKUPS.includes(name)),
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
    const files = Object.values(compose.secrets)
      .map(({ file }) => file.replace('ops/compose/secrets/', ''))
      // By age-keygen.
      .filter((name) => hasAge || name !== 'backup_identity');
    const made = readdirSync(folder);
    expect(made).toEqual(expect.arrayContaining(files));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!hasAge)('has backups encrypted for the key that it makes', () => {
    expect(makeSecrets()).toBe(0);
    const { BACKUP_RECIPIENTS } = parseEnv(readFileSync(join(folder, 'backup.env'), 'utf8'));
    const identity = readFileSync(join(folder, 'backup_identity'), 'utf8');
    expect(identity).toContain(`# public key: ${BACKUP_RECIPIENTS}\n`);
  });

  it('makes them anew for each installation, and never twice for one', () => {
    const before = readFileSync(join(folder, 'app_secret'), 'utf8');
    expect(makeSecrets()).toBe(0);
    expect(readFileSync(join(folder, 'app_secret'), 'utf8')).toBe(before);
    rmSync(join(folder, 'app_secret'));
    expect(makeSecrets()).toBe(0);
    expect(readFileSync(join(folder, 'app_secret'), 'utf8')).not.toBe(before);
  });

  it('lets the accounts of the containers read them all', () => {
    expect(makeSecrets()).toBe(0);
    expect(statSync(join(folder, 'more')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'app_secret')).mode & 0o777).toBe(0o444);
  });

  it.each(['secrets/app_secret', 'secrets/more/sentry_dsn', 'demo-secrets/app_secret'])(
    'is kept out of git: %s',
    (path) => {
      const ignored = spawnSync('git', ['check-ignore', '-q', `ops/compose/${path}`], {
        cwd: ROOT,
      });
      expect(ignored.status).toBe(0);
    },
  );
});

function settingNamed(wanted: string): Setting {
  const setting = SETTINGS.find(({ name }) => name === wanted);
  if (setting === undefined) throw new Error(`no setting ${wanted}`);
  return setting;
}

function addressOnEdge({ services: all }: Compose): string | undefined {
  const networks = all['proxy']?.networks as Record<string, { ipv4_address?: string }>;
  return networks['edge']?.ipv4_address;
}

function isOwnPath(volume: string): boolean {
  return volume.startsWith('./');
}

function networksOf({ networks }: Service): string[] {
  return Array.isArray(networks) ? [...networks] : Object.keys(networks);
}

describe('the deployment guide', () => {
  const STANDARD_INPUT = '-';
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
      for (const file of files.filter((file) => file !== STANDARD_INPUT))
        expect(existsSync(join(ROOT, file)), file).toBe(true);
      expect(profiles).toEqual(expect.arrayContaining(valuesOf(words, '--profile')));
      const service = words[words.indexOf('--rm') + 1];
      if (words.includes('--rm')) expect(Object.keys(compose.services)).toContain(service);
    }
  });

  it('gives Kubernetes each secret by the name of its setting', () => {
    const keys = [...guide.matchAll(/--from-file=([A-Z0-9_]+)/g)].map(([, name = '']) => name);
    const used = ['api', ...OF_BACKUPS].flatMap((service) =>
      Object.keys(compose.services[service]?.environment ?? {})
        .filter((name) => name.endsWith(FILE_SUFFIX))
        .map((name) => name.slice(0, -FILE_SUFFIX.length)),
    );
    // Compose keeps uploads on its disk by default, Kubernetes in a bucket.
    const ofBucket = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];
    expect([...new Set(keys)].toSorted()).toEqual([...new Set([...used, ...ofBucket])].toSorted());
  });
});
