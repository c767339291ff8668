// Identifiers: UUIDv7, so that rows made later sort later.
import { uuidv7 } from 'uuidv7';

export const newId: () => string = uuidv7;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
