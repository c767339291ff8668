// The secret that everything this installation signs and seals begins with.

/** A ring, the current one first. @throws Error without one, which no process that answers requests starts without */
export function appSecret({ APP_SECRET }: { readonly APP_SECRET?: string | undefined }): string {
  if (APP_SECRET === undefined) throw new Error('APP_SECRET is not set');
  return APP_SECRET;
}
