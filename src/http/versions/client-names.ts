// Names of client programs for metrics: the product that User-Agent begins with, if it can be one, and only so many.

/** Names that one process gives series of their own; later ones share `other`. */
export const MAX_CLIENT_NAMES = 50;
const OTHER = 'other';
const NONE = 'none';
/** RFC 9110: a product, then perhaps its version. An address of a person has an `@` and is none. */
const PRODUCT = /^([A-Za-z][\w.-]{0,39})(?=[/\s;]|$)/;
/** Telephone numbers, accounts and ids have more digits in a row than names of programs have. */
const NUMBER = /\d{4}|[0-9a-f]{8}/i;

/** @returns a function that names the client of a User-Agent header: a product in lower case, `other` or `none` */
export function createClientNames(): (userAgent: string | undefined) => string {
  const known = new Set<string>();
  return (userAgent = '') => {
    if (userAgent.trim() === '') return NONE;
    const name = PRODUCT.exec(userAgent)?.[1]?.toLowerCase();
    if (name === undefined || NUMBER.test(name)) return OTHER;
    if (!known.has(name) && known.size >= MAX_CLIENT_NAMES) return OTHER;
    known.add(name);
    return name;
  };
}
