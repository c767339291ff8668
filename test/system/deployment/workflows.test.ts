// What GitHub would run: each workflow is pinned, may do no more than it needs, ends, and calls only what exists; and the
// steps of the release guide lead to a release.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { hasShellcheck, lintShellText } from '../../support/deployment/shellcheck.ts';
import { fencesIn } from '../../support/markdown.ts';

const ROOT = join(import.meta.dirname, '../../..');
const WORKFLOWS = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort();
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm'];
/** Ours, called as they stand in the same commit; others' by commit, with the version in words. */
const PINNED_ACTION = /^[\w.-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
const PINNED_IMAGE = /^[\w./-]+:\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?(?:@sha256:[0-9a-f]{64})?$/;
/** Only from here does an expression come whose text no outsider chooses. */
const TRUSTED_IN_SCRIPT = /^\$\{\{ (?:matrix|needs|steps)\./;
const MAX_TIMEOUT_MINUTES = 120;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'runs-on'?: string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly services?: Readonly<Record<string, { readonly image: string }>>;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly uses?: string;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string) => readFile(join(ROOT, path), 'utf8');
const load = async (name: string): Promise<Workflow> =>
  parse(await read(`.github/workflows/${name}.yml`));
const scriptsOf = ({ jobs }: Workflow) =>
  Object.values(jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []));

describe.each(WORKFLOWS)('%s', (path) => {
  it('calls actions by commit, with their version beside it', async () => {
    const calls = [...(await read(path)).matchAll(/uses: (.+)$/gm)].map(([, call = '']) => call);
    const others = calls.filter((call) => !call.startsWith('./'));
    expect(others.filter((call) => !PINNED_ACTION.test(call))).toEqual([]);
    const ours = calls.filter((call) => call.startsWith('./'));
    expect(ours.filter((call) => !existsSync(join(ROOT, call)))).toEqual([]);
  });

  it('may read by default, and no job is allowed to write everything', async () => {
    const workflow: Workflow = parse(await read(path));
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.concurrency?.group).toBeTruthy();
    for (const { permissions = {} } of Object.values(workflow.jobs)) {
      expect(permissions).toBeTypeOf('object');
    }
  });

  it('has jobs that end, on a known machine, beside pinned services', async () => {
    const { jobs }: Workflow = parse(await read(path));
    for (const job of Object.values(jobs).filter(({ uses }) => uses === undefined)) {
      const runners = valuesOf(job['runs-on'] ?? '', job);
      expect(runners.length).toBeGreaterThan(0);
      for (const runner of runners) expect(RUNNERS).toContain(runner);
      expect(job['timeout-minutes']).toBeLessThanOrEqual(MAX_TIMEOUT_MINUTES);
      for (const image of imagesOf(job)) expect(image).toMatch(PINNED_IMAGE);
    }
  });

  it('never runs what an outsider wrote with rights of ours', async () => {
    const workflow: Workflow = parse(await read(path));
    expect(workflow.on).not.toHaveProperty('pull_request_target');
    expect(workflow.on).not.toHaveProperty('workflow_run');
    for (const script of scriptsOf(workflow)) {
      const expressions = script.match(/\$\{\{.*?\}\}/g) ?? [];
      expect(expressions.filter((text) => !TRUSTED_IN_SCRIPT.test(text))).toEqual([]);
    }
    for (const { uses = '', with: options } of stepsOf(workflow)) {
      if (uses.startsWith('actions/checkout@')) {
        expect(options).toMatchObject({ 'persist-credentials': false });
      }
    }
  });

  it('calls only scripts and files that exist', async () => {
    const script = scriptsOf(parse(await read(path))).join('\n');
    const names = [...script.matchAll(/\bnpm run (?:--?\S+ (?:"\S+" )?)*([\w:]+)/g)];
    expect(
      names.map(([, name = '']) => name).filter((name) => !(name in packageJson.scripts)),
    ).toEqual([]);
    const files = [...script.matchAll(/(?:^|\s|\/)((?:ops|scripts|\.ci)\/[\w./-]+)/gm)];
    expect(
      files.map(([, file = '']) => file).filter((file) => !existsSync(join(ROOT, file))),
    ).toEqual([]);
  });

  it('names only tests that exist', async () => {
    const calls = scriptsOf(parse(await read(path)))
      .join('\n')
      .matchAll(/\.ci\/run (.+)/g);
    const names = [...calls].flatMap(([, names = '']) => names.split(' '));
    const missing = names
      .filter((name) => !name.startsWith('--'))
      .filter(
        (name) => globSync(`{src,test,bench}/**/*${name}*.test.ts`, { cwd: ROOT }).length === 0,
      );
    expect(missing).toEqual([]);
  });

  it.runIf(hasShellcheck)('has scripts that shellcheck has nothing to say of', async () => {
    for (const script of scriptsOf(parse(await read(path)))) expect(lintShellText(script)).toBe('');
  });
});

it('changes are tested on every Node and PostgreSQL at the ends of what is promised', async () => {
  const { jobs } = await load('ci');
  expect(jobs['test']?.strategy?.matrix).toMatchObject({
    node: [20, 24],
    postgres: [expect.stringMatching(/^postgres:15\./), expect.stringMatching(/^postgres:18\./)],
  });
  expect(Object.keys(jobs)).toEqual(['check', 'test', 'coverage', 'vulnerabilities', 'image']);
});

it('nothing is published or deployed before everything passed, nor in production before staging', async () => {
  const { jobs } = await load('release');
  expect(jobs['ci']?.uses).toBe('./.github/workflows/ci.yml');
  expect(jobs['platform']?.needs).toContain('ci');
  expect(jobs['image']?.needs).toContain('platform');
  expect(jobs['archive']?.needs).toContain('ci');
  expect(jobs['publish']?.needs).toEqual(expect.arrayContaining(['image', 'archive']));
  expect(jobs['staging']?.needs).toContain('publish');
  expect(jobs['production']?.needs).toContain('staging');
  expect((await load('deploy')).jobs['deploy']?.environment).toContain('inputs.environment');
});

it('only the jobs that report, sign, push and publish may do so', async () => {
  const granted: string[] = [];
  for (const path of WORKFLOWS) {
    const { jobs }: Workflow = parse(await read(path));
    for (const [name, { permissions = {} }] of Object.entries(jobs)) {
      const writable = Object.entries(permissions).filter(([, right]) => right === 'write');
      granted.push(...writable.map(([scope]) => `${name}: ${scope}`));
    }
  }
  expect(granted).toEqual([
    'codeql: security-events',
    'platform: packages',
    'platform: id-token',
    'platform: attestations',
    'image: packages',
    'image: id-token',
    'image: attestations',
    'archive: id-token',
    'archive: attestations',
    'publish: contents',
  ]);
});

it('whatever is published is built for both processors, described, and with word of its origin', async () => {
  const { jobs } = await load('release');
  expect(jobs['platform']?.strategy?.matrix).toEqual({ runner: RUNNERS });
  for (const name of ['platform', 'image', 'archive']) {
    const steps = jobs[name]?.steps ?? [];
    const attests = steps.filter(({ uses = '' }) =>
      uses.startsWith('actions/attest-build-provenance@'),
    );
    expect([name, attests.length]).toEqual([name, 1]);
    expect(steps.map(({ run = '' }) => run).join('\n')).toMatch(/cosign sign/);
  }
  // What is scanned is what is listed, pushed and signed: nothing is built in between.
  const order = (jobs['platform']?.steps ?? []).map(({ uses = '', run = '' }) => uses + run);
  const at = (pattern: RegExp) => order.findIndex((text) => pattern.test(text));
  expect(at(/docker build [\s\S]*sbom -- --image rootfs/)).toBeLessThan(
    at(/^anchore\/scan-action@/),
  );
  expect(at(/^anchore\/scan-action@/)).toBeLessThan(at(/docker push [\s\S]*cosign attest/));
  expect(order.filter((text) => text.includes('docker build'))).toHaveLength(1);
  expect(scriptsOf(await load('deploy')).join('\n')).toMatch(/gh attestation verify "\$archive"/);
});

it('updates are grouped, and wait a week unless they fix a vulnerability', async () => {
  const renovate = JSON.parse(await read('.github/renovate.json'));
  expect(renovate.minimumReleaseAge).toBe('7 days');
  expect(renovate.vulnerabilityAlerts.minimumReleaseAge).toBeNull();
  const [image] = renovate.customManagers;
  const found = (await read('.github/workflows/ci.yml')).match(
    new RegExp(image.matchStrings[0], 'g'),
  );
  expect(found).toHaveLength(2);
});

it('the development container has the Node of the image, and needs no Docker inside', async () => {
  const container = JSON.parse(await read('.devcontainer/devcontainer.json'));
  expect(container.image).toMatch(/^node:24\.\d+\.\d+-\w+$/);
  expect(container).toMatchObject({ remoteUser: 'node', postCreateCommand: 'npm ci' });
  expect(container).not.toHaveProperty('dockerComposeFile');
});

describe('the steps before a tag', () => {
  let home = '';
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('lead from the guide, word for word, to a tag and its notes', {
    timeout: 120_000,
  }, async () => {
    home = await mkdtemp(join(tmpdir(), 'freshbytes-release-'));
    const checkout = join(home, 'checkout');
    const paths = ['package.json', 'package-lock.json', '.npmrc', 'CHANGELOG.md', 'src', 'bin'];
    for (const path of [...paths, 'scripts', 'openapi', 'ops/deploy']) {
      await cp(join(ROOT, path), join(checkout, path), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: home,
      GIT_AUTHOR_NAME: 'Test',
      GIT_AUTHOR_EMAIL: 'test@example.com',
      GIT_COMMITTER_NAME: 'Test',
      GIT_COMMITTER_EMAIL: 'test@example.com',
    };
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: checkout, encoding: 'utf8', env });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message=before');

    const [steps] = fencesIn(await read('docs/releasing.md')).filter(
      ({ language }) => language === 'sh',
    );
    const run = spawnSync('bash', ['-e'], {
      cwd: checkout,
      input: steps?.text ?? '',
      encoding: 'utf8',
      env,
    });
    expect(run.status, run.stdout + run.stderr).toBe(0);
    expect(git('tag', '--list').trim()).toBe('v1.2.3');
    expect(git('status', '--porcelain').trim()).toBe('');
    const notes = (version: string) =>
      spawnSync(join(checkout, 'ops/deploy/release-notes.sh'), [version], {
        cwd: checkout,
        encoding: 'utf8',
        env,
      });
    expect(notes('1.2.3').stdout).toContain('### Added\n\n- Marketplace API for fresh produce');
    expect(notes('1.2.3').stdout).not.toContain('Unreleased');
    expect(notes('1.2.4')).toMatchObject({
      status: 1,
      stderr: 'package.json is not of version 1.2.4\n',
    });
  });
});

function stepsOf({ jobs }: Workflow): Step[] {
  return Object.values(jobs).flatMap(({ steps = [] }) => steps);
}

function imagesOf(job: Job): unknown[] {
  return Object.values(job.services ?? {}).flatMap(({ image }) => valuesOf(image, job));
}

/** With what a matrix puts in its place. */
function valuesOf(text: string, { strategy }: Job): readonly unknown[] {
  const [, variable] = /^\$\{\{ matrix\.(\w+) \}\}$/.exec(text) ?? [];
  return variable === undefined ? [text] : (strategy?.matrix[variable] ?? []);
}
