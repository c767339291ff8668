// GET /places: the tree behind every address form.
import { Type } from 'typebox';
import { ANYONE } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import { Line, Model, OneOf } from '../../lib/schema.ts';
import { examples } from './places.examples.ts';
import { listPlaces } from './places.service.ts';

const LEVELS = ['region', 'province', 'city', 'sub_municipality', 'barangay'] as const;
const Place = Model(
  'Place',
  Type.Object({
    code: Type.String({ description: 'PSGC, ten digits' }),
    name: Type.String(),
    level: OneOf('PlaceLevel', LEVELS),
    parent_code: Type.Optional(Type.String()),
  }),
  examples.Place,
);

export const placeRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'listPlaces',
    method: 'GET',
    path: '/places',
    access: ANYONE,
    tag: 'Places',
    summary: 'List places',
    description:
      'The children of `parent`, or the regions. With `search`, up to 200 places below `parent` whose name holds it.',
    query: Type.Object({
      parent: Type.Optional(
        Type.String({ pattern: '^\\d{10}$', description: 'a 10-digit PSGC code' }),
      ),
      search: Type.Optional(Line(100, { description: 'Part of a name' })),
    }),
    status: 200,
    returns: Type.Object({ results: Type.Array(Place) }, { title: 'PlaceList' }),
    cache: 'public',
    handle: async (ctx, { query }) => {
      const places = await listPlaces(ctx, query);
      return {
        results: places.map(({ parent_code, level, ...place }) => ({
          ...place,
          level,
          ...(parent_code === null ? {} : { parent_code }),
        })),
      };
    },
  }),
];
