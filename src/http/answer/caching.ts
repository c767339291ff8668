// What shared caches may keep: public answers to nobody in particular, after asking us each time; nothing else.
import type { Actor } from '../../context.ts';
import type { AnyRoute } from '../route.ts';

const VARY = 'Authorization, Accept-Encoding, Origin';
const PUBLIC = Object.freeze({
  'cache-control': 'public, max-age=0, must-revalidate',
  vary: VARY,
});
const PRIVATE = Object.freeze({ 'cache-control': 'private, no-cache', vary: VARY });
const NO_STORE = Object.freeze({ 'cache-control': 'no-store' });

/**
 * Whether this caller gets what everybody gets: nobody in particular, and customers. Sellers may see drafts of their
 * own, admins everything.
 */
export function isSameForAll(route: AnyRoute, actor: Actor): boolean {
  if (route.cache !== 'public' || actor.kind === 'system') return false;
  return actor.kind === 'anonymous' || (actor.role === 'customer' && actor.seller === undefined);
}

/** `Cache-Control` and `Vary` of a success. */
export function cacheHeaders(route: AnyRoute, actor: Actor): Readonly<Record<string, string>> {
  if (route.method !== 'GET' || route.cache === 'personal') return NO_STORE;
  return route.cache === 'public' && actor.kind === 'anonymous' ? PUBLIC : PRIVATE;
}
