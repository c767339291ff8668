// The schemas of a route: its parameters, query, body and success, closed to what they do not name.
import type { FastifySchema } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { Problem, VALIDATION_ERROR } from '../lib/problem.ts';
import { Empty } from '../lib/schema.ts';
import type { Models } from './models.ts';
import type { Paging } from './paging.ts';
import type { AnyRoute } from './route.ts';

/** What Fastify validates requests by and serialises answers with; the documents are made from the same. */
export function schemaOf(
  route: AnyRoute,
  { paging, models }: { paging: Paging; models: Models },
): FastifySchema {
  const query =
    route.kind === 'list'
      ? Type.Object({ ...paging.query.properties, ...route.query?.properties })
      : route.query;
  const success = route.kind === 'list' ? paging.view(route.item) : route.returns;
  const status = route.kind === 'list' ? 200 : route.status;
  const body = bodyOf(route);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.params === undefined ? {} : { params: models.ref(route.params) }),
    querystring: closed(models.ref(query ?? Type.Object({}))),
    ...(body === undefined ? {} : { body: models.ref(body) }),
    ...(route.consumes === undefined ? {} : { consumes: [route.consumes] }),
    response: {
      [status]:
        success === undefined
          ? { type: 'null', description: 'Done' }
          : { description: 'Success', ...models.ref(success) },
    },
  } as FastifySchema;
}

/** Action POSTs take nothing or `{}`. */
export function bodyOf(route: AnyRoute): TSchema | undefined {
  return (
    route.body ?? (route.method === 'POST' && route.consumes === undefined ? Empty : undefined)
  );
}

/** Whether `{}` is such a body. */
export function mayBeEmpty(body: TSchema | undefined): boolean {
  return (
    body !== undefined &&
    'properties' in body &&
    (!('required' in body) || !Array.isArray(body.required) || body.required.length === 0)
  );
}

/**
 * A `PUT` or `DELETE` of a whole takes nothing or `{}`: what is sent is never silently ignored.
 * @throws Problem VALIDATION_ERROR
 */
export function refuseBody(body: unknown): void {
  if (body === undefined || body === null || JSON.stringify(body) === '{}') return;
  throw new Problem(VALIDATION_ERROR, 'This operation takes no body.');
}

function closed(schema: object): object {
  return { ...schema, additionalProperties: false };
}
