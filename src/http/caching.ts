// What shared caches may keep: public answers to nobody in particular, after asking us each time; nothing else.
import type { Actor } from '../context.ts';
import type { AnyRoute } from './route.ts';

const VARY = 'Authorization, Accept-Encoding, Origin';

/** `Cache-Control` and `Vary` of a success. */
export function cacheHeaders(route: AnyRoute, actor: Actor): Record<string, string> {
  if (route.method !== 'GET' || route.cache === 'personal') return { 'cache-control': 'no-store' };
  if (route.cache === 'public' && actor.kind === 'anonymous') {
    return { 'cache-control': 'public, max-age=0, must-revalidate', vary: VARY };
  }
  return { 'cache-control': 'private, no-cache', vary: VARY };
}
