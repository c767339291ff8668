// Holds docs/asvs.yaml against the standard, the tests that it names and today's date.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type AsvsEntries, countAnswers, findAsvsFaults } from './asvs/findings.ts';

const ROOT = join(import.meta.dirname, '..');

const entries: AsvsEntries = parse(await readFile(join(ROOT, 'docs/asvs.yaml'), 'utf8'));
const faults = findAsvsFaults(entries, ROOT, new Date().toISOString().slice(0, 10));
for (const fault of faults) console.error(`docs/asvs.yaml: ${fault}`);
if (faults.length > 0) process.exit(1);
const { met, not_applicable, accepted } = countAnswers(entries);
console.log(
  `ASVS 5.0, levels 1 and 2: ${met} met, ${not_applicable} not applicable, ${accepted} accepted`,
);
