// OpenAPI documents as tests read them.

const SHARED = /^#\/components\/(parameters|responses|examples)\/(.+)$/;

/** The same document with parameters, answers and examples written where they are referred to; schemas stay named. */
export function inlined<T extends { readonly components: object }>(document: T): T {
  const { components } = document as { components: Record<string, Record<string, unknown>> };
  return inline(document) as T;

  function inline(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(inline);
    if (typeof node !== 'object' || node === null) return node;
    const [, kind = '', name = ''] = ('$ref' in node && SHARED.exec(String(node.$ref))) || [];
    if (kind !== '') return inline(components[kind]?.[name]);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, inline(child)]));
  }
}
