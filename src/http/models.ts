// Named schemas: found wherever routes use them, registered once, and referred to by name.
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';

export interface Models {
  /** The same schema with every named one inside replaced by a reference. */
  ref(schema: TSchema): TSchema;
  /** Named schemas that `app` has not been given yet. */
  fresh(app: FastifyInstance): TSchema[];
}

/** `onModel` is called once with each named schema, for the validators. */
export function createModels(onModel: (schema: TSchema) => void): Models {
  const known = new Map<string, TSchema>();
  return {
    ref,
    fresh: (app) =>
      [...known.values()].filter((model) => app.getSchema(idOf(model) ?? '') === undefined),
  };

  function ref(schema: TSchema): TSchema {
    const id = idOf(schema);
    if (id === undefined) return mapMembers(schema);
    if (!known.has(id)) {
      // Taken before its members are walked, so that a model may refer to itself.
      known.set(id, schema);
      const model = mapMembers(schema);
      known.set(id, model);
      onModel(model);
    }
    return { $ref: `${id}#` };
  }

  function mapMembers(schema: TSchema): TSchema {
    return Object.fromEntries(
      Object.entries(schema).map(([name, value]) => [
        name,
        name === 'examples' ? value : mapValue(value),
      ]),
    ) as TSchema;
  }

  function mapValue(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(mapValue);
    return typeof value === 'object' && value !== null ? ref(value as TSchema) : value;
  }
}

/** The name of a named schema. */
export function idOf(schema: TSchema): string | undefined {
  return '$id' in schema && typeof schema.$id === 'string' ? schema.$id : undefined;
}
