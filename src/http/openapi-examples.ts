// Examples for the documents, made from the schemas: their own `examples` first, else a value that fits.

/** A JSON schema as the documents hold it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minProperties?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** What a member of this name holds, where its schema gives no example. */
const BY_NAME: Readonly<Record<string, string>> = {
  user_name: 'maria.santos',
  user_email: 'maria.santos@example.com',
  user_phone: '+639171234567',
  first_name: 'Maria',
  last_name: 'Santos',
  recipient_name: 'Maria Santos',
  recipient_phone: '+639171234567',
  label: 'Home',
  landmark: 'Beside the chapel',
  street: 'Km. 5',
  barangay: 'Poblacion',
  city: 'La Trinidad',
  province: 'Benguet',
  region: 'Cordillera Administrative Region',
  code: '1401110003',
  barangay_code: '1401110003',
  parent_code: '1401110000',
  zip_code: '2601',
  business_name: 'Aling Nena Gulayan',
  business_phone: '+639171234567',
  name: 'Ampalaya',
  product_name: 'Ampalaya',
  slug: 'ampalaya-0c9a11',
  sku: 'AMP-01',
  origin: 'La Trinidad, Benguet',
  currency: 'PHP',
  order_number: 'OID-2026-000001',
  reviewer_name: 'Maria S.',
  reason: 'SPOILAGE',
  reference: 'OID-2026-000001',
  action: 'seller.verified',
  object_type: 'seller',
  ip_prefix: '203.0.113.0/24',
  access: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
};

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  'date-time': '2026-03-01T08:00:00.000Z',
  date: '2026-03-01',
  email: 'maria.santos@example.com',
  uri: 'https://api.freshbytes.test/api/v1/products',
};

const MAX_DEPTH = 8;

/** A value of this schema; `name` is that of the member which holds it. */
export function exampleOf(schema: JsonSchema, schemas: Schemas, name = '', depth = 0): unknown {
  if (depth > MAX_DEPTH) return null;
  if (schema.$ref !== undefined)
    return exampleOf(resolveSchema(schema, schemas), schemas, name, depth + 1);
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const [first] = schema.anyOf ?? [];
  if (first !== undefined) return exampleOf(first, schemas, name, depth + 1);
  const inner = (child: JsonSchema, childName: string) =>
    exampleOf(child, schemas, childName, depth + 1);
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties);
    return Object.fromEntries(members.map(([member, child]) => [member, inner(child, member)]));
  }
  if (schema.items !== undefined) return [inner(schema.items, name)];
  return scalar(schema, name);
}

/** The schema that a reference names, or the schema itself. */
export function resolveSchema(schema: JsonSchema, schemas: Schemas): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const id = schema.$ref.split('/').at(-1) ?? '';
  const found = schemas[id];
  if (found === undefined) throw new Error(`the document has no schema ${id}`);
  return found;
}

function scalar({ type, format, minimum }: JsonSchema, name: string): unknown {
  if (type === 'integer' || type === 'number') return Math.max(minimum ?? 1, 1);
  if (type === 'boolean') return true;
  if (type === 'string') return BY_FORMAT[format ?? ''] ?? BY_NAME[name] ?? 'Text';
  return {};
}
