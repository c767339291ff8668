// What requests to sign in are about, before anything of them has been checked: for counting attempts.
import type { UncheckedRequest } from '../../http/route.ts';

/** The account that the body names, whether it exists or not; the case of its address means nothing. */
export function accountOf({ body }: UncheckedRequest): string | undefined {
  return textMember(body, 'user_email')?.toLowerCase();
}

/** A member of a body that may be anything, where it is text. */
export function textMember(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value = (body as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}
