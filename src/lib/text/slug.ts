// Readable addresses made of names: "Kamatis (Native), 1 kg" becomes "kamatis-native-1-kg".

const MAX_SLUG_LENGTH = 80;

/** Lower-case ASCII words joined by hyphens; never empty. */
export function slugify(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return words.slice(0, MAX_SLUG_LENGTH).replace(/^-+|-+$/g, '') || 'item';
}
