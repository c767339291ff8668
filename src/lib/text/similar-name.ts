// Which of the known names somebody may have meant.

/** A longer name may be further off, up to this. */
const MAX_DISTANCE = 2;
const LETTERS_PER_FAULT = 5;

/** The known name nearest to `name`, or undefined where none is near. */
export function findSimilarName(name: string, known: Iterable<string>): string | undefined {
  let best = { name: undefined as string | undefined, distance: MAX_DISTANCE + 1 };
  for (const candidate of known) {
    const allowed = Math.min(MAX_DISTANCE, Math.floor(candidate.length / LETTERS_PER_FAULT));
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = editDistance(name, candidate);
    if (distance <= allowed && distance < best.distance) best = { name: candidate, distance };
  }
  return best.name;
}

/** Levenshtein: letters to insert, remove or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const [left = 0, above = 0, corner = 0] = [next[j - 1], row[j], row[j - 1]];
      next.push(Math.min(left + 1, above + 1, corner + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
