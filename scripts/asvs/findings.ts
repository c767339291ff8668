// What is wrong with docs/asvs.yaml: a requirement without an entry, a test that is gone, a risk whose time is over.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASVS_LEVELS } from './requirements.ts';

/** The levels that FreshBytes traces. */
const TRACED_LEVEL = 2;
const MAX_ACCEPTED = 9;
const ENTRY_ID = /^V\d+(?:\.\d+){0,2}$/;
const TEST_REFERENCE = /^(?<file>[^:]+\.test\.ts): (?<name>.+)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

interface AcceptedRisk {
  readonly risk: string;
  readonly owner: string;
  /** Last day on which the risk is accepted, as `2027-06-30`. */
  readonly until: string;
}

/** One of `met`, `not_applicable` and `accepted`. */
export interface AsvsEntry {
  /** The control, in words. */
  readonly met?: string;
  /** `path/of.test.ts: name of a test in it`. */
  readonly tests?: readonly string[];
  /** Files that define or document the control. */
  readonly docs?: readonly string[];
  /** Why the requirement concerns nothing here; also for a whole chapter (`V17`) or section (`V10.4`). */
  readonly not_applicable?: string;
  readonly accepted?: AcceptedRisk;
}

export type AsvsEntries = Readonly<Record<string, AsvsEntry>>;

/**
 * One line for each fault; empty where every requirement of levels 1 and 2 is answered.
 * @param today as `2026-11-30`
 */
export function findAsvsFaults(entries: AsvsEntries, root: string, today: string): string[] {
  const required = [...ASVS_LEVELS].filter(([, level]) => level <= TRACED_LEVEL).map(([id]) => id);
  const missing = required
    .filter((id) => entryOf(entries, id) === undefined)
    .map((id) => `${id} has no entry`);
  const faults = Object.entries(entries).flatMap(([id, entry]) => [
    ...idFaults(id, entry),
    ...answerFaults(id, entry),
    ...evidenceFaults(id, entry, root),
    ...acceptedFaults(id, entry, today),
  ]);
  return [...missing, ...faults, ...tooManyAccepted(entries)];
}

/** How many requirements of levels 1 and 2 have which answer. */
export function countAnswers(entries: AsvsEntries): Record<string, number> {
  const counts: Record<string, number> = { met: 0, not_applicable: 0, accepted: 0 };
  for (const [id, level] of ASVS_LEVELS) {
    const entry = level <= TRACED_LEVEL ? entryOf(entries, id) : undefined;
    for (const answer of Object.keys(counts)) {
      if (entry !== undefined && answer in entry) counts[answer] = (counts[answer] ?? 0) + 1;
    }
  }
  return counts;
}

/** The entry of a requirement, or that of its section or chapter. */
function entryOf(entries: AsvsEntries, id: string): AsvsEntry | undefined {
  const [chapter = '', section = ''] = id.split('.');
  return entries[id] ?? entries[`${chapter}.${section}`] ?? entries[chapter];
}

function idFaults(id: string, entry: AsvsEntry): string[] {
  const isRequirement = ASVS_LEVELS.has(id);
  const isGroup = [...ASVS_LEVELS.keys()].some((known) => known.startsWith(`${id}.`));
  if (!ENTRY_ID.test(id) || !(isRequirement || isGroup)) return [`${id} is no requirement`];
  if (isGroup && entry.not_applicable === undefined)
    return [`${id} is a group, which can only be not applicable as a whole`];
  return [];
}

function answerFaults(id: string, { met, not_applicable, accepted }: AsvsEntry): string[] {
  const answers = [met, not_applicable, accepted].filter((answer) => answer !== undefined);
  return answers.length === 1 ? [] : [`${id} needs one of met, not_applicable and accepted`];
}

function evidenceFaults(id: string, entry: AsvsEntry, root: string): string[] {
  const { met, tests = [], docs = [] } = entry;
  const without = met !== undefined && tests.length + docs.length === 0;
  return [
    ...(without ? [`${id} is met, but names neither a test nor a document`] : []),
    ...tests.filter((test) => !hasTest(test, root)).map((test) => `${id} names no test: ${test}`),
    ...docs
      .filter((doc) => !existsSync(join(root, doc.split('#')[0] ?? '')))
      .map((doc) => `${id} names no file: ${doc}`),
  ];
}

function hasTest(reference: string, root: string): boolean {
  const { file = '', name = '' } = TEST_REFERENCE.exec(reference)?.groups ?? {};
  const path = join(root, file);
  return file !== '' && existsSync(path) && readFileSync(path, 'utf8').includes(name);
}

function acceptedFaults(id: string, { accepted }: AsvsEntry, today: string): string[] {
  if (accepted === undefined) return [];
  const { risk, owner, until } = accepted;
  if (!risk || !owner || !DATE.test(until ?? ''))
    return [`${id} is accepted without a risk, an owner and a date until when`];
  if (ASVS_LEVELS.get(id) === 1) return [`${id} is of level 1: it is met, not accepted`];
  return until < today ? [`${id} was accepted until ${until}`] : [];
}

function tooManyAccepted(entries: AsvsEntries): string[] {
  const count = Object.values(entries).filter(({ accepted }) => accepted !== undefined).length;
  return count > MAX_ACCEPTED
    ? [`${count} risks are accepted, at most ${MAX_ACCEPTED} may be`]
    : [];
}
