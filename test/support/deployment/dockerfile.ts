// Reads a Dockerfile and a .dockerignore: as much of both as ours use, and an error for anything else.
import { matchesGlob } from 'node:path';

const KNOWN =
  /^(ARG|FROM|WORKDIR|COPY|RUN|LABEL|ENV|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD)$/;

export interface Instruction {
  readonly name: string;
  /** `--from=dependencies` and the like, without the dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** The words after the flags; those of the JSON form, where that is used. */
  readonly words: readonly string[];
  readonly isExecForm: boolean;
}

export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages, with the ARGs before the first FROM filled in. @throws Error naming what is not understood */
export function readDockerfile(text: string): Stage[] {
  const all = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readInstruction);
  const firstFrom = all.findIndex(({ name }) => name === 'FROM');
  const defaults = all.slice(0, firstFrom).flatMap(({ words }) => words.map(pairOf));
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const instruction of all.slice(firstFrom)) {
    if (instruction.name !== 'FROM') stages.at(-1)?.instructions.push(instruction);
    else {
      const [image = '', , name = ''] = instruction.words;
      stages.push({ name, image: fill(image, Object.fromEntries(defaults)), instructions: [] });
    }
  }
  return stages;
}

function readInstruction(line: string): Instruction {
  const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
  if (!KNOWN.test(name)) throw new Error(`not understood: ${line}`);
  const [, flagText = '', tail = ''] = /^((?:--\S+\s+)*)(.*)$/.exec(rest) ?? [];
  const flags = [...flagText.matchAll(/--([^=\s]+)=(\S+)/g)].map(([, key = '', value = '']) => [
    key,
    value,
  ]);
  // HEALTHCHECK carries another instruction, CMD.
  const form = name === 'HEALTHCHECK' ? tail.replace(/^CMD\s+/, '') : tail.trim();
  const isExecForm = form.startsWith('[');
  const words = isExecForm
    ? (JSON.parse(form) as string[])
    : (form.match(/(?:"[^"]*"|\S)+/g) ?? []);
  return { name, flags: Object.fromEntries(flags), words, isExecForm };
}

/** `A="b c"` as its name and value. */
export function pairOf(word: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=?(.*)$/.exec(word) ?? [];
  return [name, value.replace(/^"(.*)"$/, '$1')];
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)\}/g, (_all, name: string) => values[name] ?? '');
}

/** Whether the builder never gets the file, by the rules of a .dockerignore: the last pattern that fits decides. */
export function isIgnored(path: string, dockerignore: string): boolean {
  const parents = path.split('/').map((_part, i, parts) => parts.slice(0, i + 1).join('/'));
  const fits = (pattern: string) => parents.some((parent) => matchesGlob(parent, pattern));
  let ignored = false;
  for (const line of dockerignore.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('!')) ignored = ignored && !fits(line.slice(1));
    else ignored = ignored || fits(line);
  }
  return ignored;
}
