// An OpenAPI document as far as we read and write it.

import type { JsonSchema } from './examples.ts';

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { schemas: Record<string, JsonSchema> } & Record<string, unknown>;
}

export interface Operation {
  readonly operationId: string;
  deprecated?: boolean;
  'x-sunset'?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; readonly content: Content };
  responses: Record<string, ResponseEntry>;
  security?: object[];
}

interface ExampleEntry {
  readonly summary?: string;
  readonly value?: unknown;
}

type Content = Record<
  string,
  { readonly schema?: JsonSchema; example?: unknown; examples?: Record<string, ExampleEntry> }
>;

export interface Parameter {
  readonly $ref?: string;
  readonly in?: string;
  readonly name?: string;
  example?: string;
  required?: boolean;
  readonly schema?: JsonSchema;
}

/** After sharing, a reference to one. */
export interface ResponseEntry {
  readonly $ref?: string;
  description: string;
  headers?: Record<string, object>;
  readonly content?: Content;
}
