// The image without a container engine: the Dockerfile's COPY and RUN carried out below a folder for each stage, and
// the commands of what comes out, run as its USER with its ENV.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, lchown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { type Instruction, isIgnored, pairOf, readDockerfile, type Stage } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCKERFILE = readFileSync(join(ROOT, 'ops/docker/Dockerfile'), 'utf8');
const DOCKERIGNORE = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
const NODE_IN_IMAGE = 'usr/local/bin/node';

export const stages: readonly Stage[] = readDockerfile(DOCKERFILE);
/** The stage that is shipped. */
export const runtime = getStage('runtime');

export interface Image {
  /** What the image's `/` is here. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** Starts words as the image's user would run them, `node` being that of the image. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  remove(): Promise<void>;
}

/** Builds all stages. @throws Error with what a RUN said where it failed */
export async function buildImage(): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-image-'));
  await chmod(folder, 0o755);
  for (const stage of stages) await buildStage(stage, folder);
  const root = join(folder, runtime.name);
  const node = join(root, NODE_IN_IMAGE);
  await mkdir(dirname(node), { recursive: true });
  await copyFile(process.execPath, node);
  const env = envOf(runtime, root);
  const workdir = join(root, wordsOf(runtime, 'WORKDIR')[0] ?? '');
  return {
    root,
    workdir,
    env,
    entrypoint: wordsOf(runtime, 'ENTRYPOINT'),
    start: (words, more = {}) => {
      const command = words.map((word) => (word === 'node' ? node : word));
      const [program = '', ...args] = [...asUser(runtime), ...command];
      // Copies of the sources, run as the image would be: not counted where coverage is.
      const child = spawn(program, args, {
        cwd: workdir,
        env: { ...env, ...more, NODE_V8_COVERAGE: '' },
      });
      return child;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function getStage(name: string): Stage {
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return stage;
}

/** The words of the stage's last such instruction. */
export function wordsOf(stage: Stage, name: string): readonly string[] {
  return stage.instructions.findLast((instruction) => instruction.name === name)?.words ?? [];
}

/** ENV, with folders of the image where they are here. */
export function envOf(stage: Stage, root: string): Record<string, string> {
  const words = stage.instructions.filter(({ name }) => name === 'ENV').flatMap((i) => i.words);
  const pairs = words.map(pairOf);
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, value.startsWith('/') ? join(root, value) : value]),
  );
}

/** Only root may become somebody else; whoever else runs the tests is unprivileged already. */
function asUser(stage: Stage): string[] {
  if (process.getuid?.() !== 0) return [];
  const [uid, gid] = (wordsOf(stage, 'USER')[0] ?? '').split(':');
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
}

async function buildStage({ name, instructions }: Stage, folder: string): Promise<void> {
  const root = join(folder, name);
  await mkdir(root);
  let workdir = root;
  for (const instruction of instructions) {
    if (instruction.name === 'WORKDIR') {
      workdir = join(root, instruction.words[0] ?? '');
      await mkdir(workdir, { recursive: true });
    }
    if (instruction.name === 'COPY') await copy(instruction, { folder, root, workdir });
    if (instruction.name === 'RUN') run(instruction, workdir);
  }
}

function run({ words }: Instruction, cwd: string): void {
  const [program = '', ...args] = words;
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, PATH },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`RUN ${words.join(' ')}\n${stdout}\n${stderr}`);
}

async function copy(
  { words, flags }: Instruction,
  { folder, root, workdir }: { folder: string; root: string; workdir: string },
): Promise<void> {
  const target = words.at(-1) ?? '';
  const to = target.startsWith('/') ? join(root, target) : resolve(workdir, target);
  const [source = ''] = words;
  if (flags['from'] !== undefined) {
    cpSync(join(folder, flags['from'], source), to, { recursive: true, verbatimSymlinks: true });
    const [uid, gid] = (flags['chown'] ?? '').split(':').map(Number);
    if (uid && gid && process.getuid?.() === 0) await lchown(to, uid, gid);
    return;
  }
  for (const path of words.slice(0, -1))
    copyFromContext(path, target.endsWith('/') ? `${to}/` : to);
}

/** A folder's content goes into the target, a file into it where its name ends with a slash. */
function copyFromContext(path: string, to: string): void {
  const from = join(ROOT, path);
  if (!existsSync(from)) throw new Error(`COPY ${path}: there is no such file`);
  if (!statSync(from).isDirectory()) {
    if (isIgnored(path, DOCKERIGNORE)) throw new Error(`COPY ${path}: .dockerignore hides it`);
    cpSync(from, to.endsWith('/') ? join(to, basename(path)) : to);
    return;
  }
  for (const file of filesOf(from))
    if (!isIgnored(`${path}/${file}`, DOCKERIGNORE)) cpSync(join(from, file), join(to, file));
}

/** Paths of all files below a folder, links not followed. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
