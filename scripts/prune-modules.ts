// Takes out of an installed node_modules what no process reads at run time: `node scripts/prune-modules.ts node_modules`.
// Part of building the image; licences stay, because the right to ship a package depends on them.
import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The image has a Node of its own; these are for machines with an older one. */
const PACKAGES = ['node-linux-*', '.bin/node'];
const FILES = ['**/*.map', '**/*.d.ts', '**/*.d.mts', '**/*.d.cts', '**/*.md', '**/*.markdown'];
const IS_LICENCE = /^(licen[cs]e|notice|copying).*\.(md|markdown)$/i;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/prune-modules.ts <node_modules>');

const files = globSync(FILES, { cwd: folder }).filter((path) => !IS_LICENCE.test(basename(path)));
const packages = globSync(PACKAGES, { cwd: folder });
for (const path of [...packages, ...files])
  await rm(join(folder, path), { recursive: true, force: true });
console.log(`removed ${packages.length} packages' folders and ${files.length} files`);
