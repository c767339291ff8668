// shellcheck's judgement of shell scripts, where it is installed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BINARY = 'shellcheck';
const ROOT = join(import.meta.dirname, '../../..');

/** Tests that need shellcheck are skipped without it, unless it is said that they must run. */
export const hasShellcheck =
  spawnSync(BINARY, ['--version']).status === 0 || process.env['REQUIRE_SHELLCHECK'] === '1';

/** What there is to say of files of this repository; nothing where all is well. */
export function lintShellFiles(paths: readonly string[]): string {
  return run(['-x', '-P', 'SCRIPTDIR', ...paths], '');
}

/** What there is to say of lines for bash; nothing where all is well. */
export function lintShellText(text: string): string {
  return run(['--shell=bash', '-'], text);
}

function run(args: readonly string[], input: string): string {
  const { error, stdout, stderr } = spawnSync(BINARY, args, { cwd: ROOT, input, encoding: 'utf8' });
  if (error) throw error;
  return stdout + stderr;
}
