// The columns that a CHECK (… IN (…)) limits to some words, as unions of literals for kysely-codegen.
import { withClient } from '../src/db/client.ts';

interface CheckedColumn {
  readonly path: string;
  readonly definition: string;
  readonly is_nullable: boolean;
  readonly has_default: boolean;
}

/** As PostgreSQL writes `CHECK (word IN ('A', 'B'))`. */
const IN_WORDS = /^CHECK \(\(\w+ = ANY \(ARRAY\[(.+)\]\)\)\)$/;
const WORD = /'((?:[^']|'')*)'::text/g;

/** By table and column: the type that replaces `string`, such as `Generated<"OPEN" | "PAID">`. */
export async function literalColumns(url: string): Promise<Record<string, string>> {
  const types: Record<string, string> = {};
  for (const column of await findCheckedColumns(url)) {
    const words = column.definition.match(IN_WORDS)?.[1];
    if (words !== undefined) types[column.path] = typeOf(column, words);
  }
  return types;
}

function typeOf({ is_nullable, has_default }: CheckedColumn, words: string): string {
  const literals = [...words.matchAll(WORD)].map(([, word = '']) =>
    JSON.stringify(word.replaceAll("''", "'")),
  );
  const union = (is_nullable ? [...literals, 'null'] : literals).join(' | ');
  return has_default ? `Generated<${union}>` : union;
}

function findCheckedColumns(url: string): Promise<CheckedColumn[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<CheckedColumn>(`
      SELECT conrelid::regclass || '.' || attname AS path,
        pg_get_constraintdef(pg_constraint.oid) AS definition,
        NOT attnotnull AS is_nullable,
        atthasdef AS has_default
      FROM pg_constraint
      JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]
      WHERE contype = 'c' AND convalidated AND connamespace = 'public'::regnamespace
      ORDER BY path`);
    return rows;
  });
}
