// Schemas with a title become components of that name, so that generated clients have a type for each of them.
import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './examples.ts';
import type { OpenApiDocument } from './shape.ts';

/** What a schema says of the place where it stands, and not of its values. */
const OF_THE_PLACE = ['description', 'default', 'example', 'examples'];

/**
 * Moves what has a title below `components`, and refers to it.
 * @throws Error where two different schemas have the same title
 */
export function nameSchemas({ paths, components }: OpenApiDocument): void {
  const named = { ...components.schemas };
  nameInside(paths, named);
  for (const model of Object.values(components.schemas)) nameInside(model, named);
  Object.assign(components.schemas, named);
}

function nameInside(node: unknown, named: Record<string, JsonSchema>): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, child] of Object.entries(node)) {
    if (name === 'example' || name === 'examples') continue;
    nameInside(child, named);
    if (isTitled(child)) Object.assign(node, { [name]: referenceTo(child, named) });
  }
}

function isTitled(node: unknown): node is JsonSchema & { readonly title: string } {
  // A member called `title` is an object.
  return (
    typeof node === 'object' && node !== null && 'title' in node && typeof node.title === 'string'
  );
}

function referenceTo(
  { title, ...schema }: JsonSchema & { readonly title: string },
  named: Record<string, JsonSchema>,
): object {
  const members = Object.entries(schema);
  const isOfThePlace = ([name]: [string, unknown]) => OF_THE_PLACE.includes(name);
  const values = Object.fromEntries(members.filter((member) => !isOfThePlace(member)));
  named[title] ??= values;
  if (!isDeepStrictEqual(named[title], values))
    throw new Error(`two schemas are called ${title}: give one of them another name`);
  return {
    $ref: `#/components/schemas/${title}`,
    ...Object.fromEntries(members.filter(isOfThePlace)),
  };
}
