// The OpenAPI 3.1 documents: generated from the schemas that validate, one for each API version.
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/time.ts';
import { type DocsFile, docsFile, sendDocsFile } from '../pages/docs-files.ts';
import type { AnyRoute } from '../route.ts';
import type { Deprecation } from '../versions/deprecations.ts';
import { completeDocument } from './document.ts';
import { daysTo } from './examples.ts';
import type { OpenApiDocument } from './shape.ts';

/** Publishes `openapi.json` for the routes that `app` gets after this. */
export async function registerOpenApi(
  app: FastifyInstance,
  options: {
    version: string;
    apiVersion: string;
    publicUrl: string;
    tags: readonly { name: string; description: string }[];
  },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'FreshBytes API',
        version: options.version,
        description: DESCRIPTION,
        license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
        contact: { name: 'FreshBytes', url: options.publicUrl, email: 'api@freshbytes.test' },
      },
      servers: [serverOf(options)],
      tags: [...options.tags],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'The `access` token of `POST /auth/login`: a JWT (RFC9068, checked as RFC8725 asks), good for 15 minutes',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, i) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${i}`,
    },
  });
}

function serverOf({ publicUrl, apiVersion }: { publicUrl: string; apiVersion: string }) {
  const environment = publicUrl.startsWith('https://') ? 'production' : 'local';
  return { url: publicUrl, description: `${apiVersion}, ${environment}`, 'x-internal': false };
}

/**
 * `GET /openapi.json` below the version's prefix: made on the first use of a day, for its examples name days. Refusals
 * and examples are added here and not to the routes, where each would cost a serializer that nothing uses.
 */
export function publishDocument(
  api: FastifyInstance,
  about: { routes: readonly AnyRoute[]; deprecations: readonly Deprecation[]; clock: Clock },
): void {
  const routes = new Map(about.routes.map((route) => [route.operationId, route]));
  const makeFile = (now: Date) =>
    docsFile('application/json; charset=utf-8', async () => {
      const generated = JSON.parse(JSON.stringify(api.swagger())) as OpenApiDocument;
      const facts = { routes, deprecations: about.deprecations, now };
      return JSON.stringify(completeDocument(generated, facts));
    });
  let kept: { readonly day: number; readonly file: DocsFile } | undefined;
  const fileOf = (now: Date) => {
    const day = daysTo(now);
    if (kept?.day !== day) kept = { day, file: makeFile(now) };
    return kept.file;
  };
  const exempt = { config: { isExempt: true }, schema: { hide: true } };
  api.get('/openapi.json', exempt, (request, reply) =>
    sendDocsFile(request, reply, fileOf(about.clock.now())),
  );
}

const DESCRIPTION = `A marketplace for fresh produce that keeps stock by harvest lot.

Money and quantities are decimal strings, times are RFC 3339 in UTC, every refusal is \`application/problem+json\` with a stable \`code\`.`;
