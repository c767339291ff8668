// The documents as tests of the examples walk them.
import { makeDocuments } from '../../../src/cli/openapi.ts';
import type { OpenApiDocument } from '../../../src/http/openapi/shape.ts';
import { inlined } from '../../support/openapi.ts';

export type Operation = OpenApiDocument['paths'][string][string];

export interface NamedOperation {
  /** `POST /cart/items`, below the version's prefix. */
  readonly name: string;
  readonly operation: Operation;
}

/** With what operations share written where it is referred to. */
export async function readDocument(version: string): Promise<OpenApiDocument> {
  return inlined(JSON.parse((await makeDocuments([version])).get(version) ?? ''));
}

export function operationsOf({ paths }: OpenApiDocument): NamedOperation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path.replace(/^\/api\/v\d+/, '')}`,
      operation,
    })),
  );
}

/** Those that take JSON, as v1 has them. */
export async function operationsWithBody(): Promise<NamedOperation[]> {
  return operationsOf(await readDocument('v1')).filter(
    ({ operation }) => operation.requestBody?.content['application/json'] !== undefined,
  );
}
