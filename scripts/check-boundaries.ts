// Runs dependency-cruiser over all code, and fails where it saw fewer modules than there are files: what it cannot read it cannot judge.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

interface Report {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly error: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const FOLDERS = ['src', 'test', 'scripts', 'bench', 'ops'];

const run = spawnSync(
  'depcruise',
  [...FOLDERS, '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
  {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  },
);
if (run.error) throw run.error;
if (run.stdout === '') throw new Error(run.stderr);
const report = JSON.parse(run.stdout) as Report;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);
const seen = new Set(report.modules.map((module) => module.source));
const unseen = files.filter((file) => !seen.has(file));

for (const { rule, from, to } of report.summary.violations)
  console.error(`${rule.name}: ${from} -> ${to}`);
for (const file of unseen) console.error(`not cruised: ${file}`);
if (report.summary.violations.length + unseen.length > 0) process.exit(1);
console.log(`${files.length} files keep the boundaries`);
