// The forms of values on the wire: which members of an answer are not written as the contract says.

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** The form of a value, by the name of its member; the first that fits counts. */
const FORMS: readonly (readonly [name: RegExp, value: RegExp, words: string])[] = [
  [
    /^(?!request_id$)(.+_)?id$/,
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'a UUIDv7',
  ],
  [/_at$/, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'a time in UTC'],
  [/(^|_)quantity$|^quantity_|^delta$/, /^-?\d+\.\d{3}$/, 'a quantity with three places'],
  [
    /(^|_)(price|amount|total|subtotal|discount|fee|srp)$/,
    /^-?\d+\.\d{2}$/,
    'an amount with two places',
  ],
];

/** Every member of `value` that is named or written otherwise, as `path: what it should be`. */
export function faultsOfForm(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => faultsOfForm(item, `${path}/${i}`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${path}/${name}`;
    const misnamed = SNAKE_CASE.test(name) ? [] : [`${at}: snake_case`];
    return [...misnamed, ...faultOf(name, member, at), ...faultsOfForm(member, at)];
  });
}

function faultOf(name: string, value: unknown, at: string): string[] {
  if (value === null || typeof value === 'object') return [];
  const form = FORMS.find(([names]) => names.test(name));
  if (form === undefined || (typeof value === 'string' && form[1].test(value))) return [];
  return [`${at}: ${form[2]}, not ${String(value)}`];
}
