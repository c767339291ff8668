// Pure decisions about business names, beyond what holds for every line that people type.

/** Shortest name, in letters and digits. */
const MIN_NAME_LETTERS = 2;

/** An address of the web or of mail, with or without its scheme. */
const LINK =
  /:\/\/|\bwww\.|\S@\S|[\p{L}\d]\.(?:app|biz|co|com|dev|info|io|link|ly|me|net|online|org|ph|shop|site|store|top|xyz)\b/iu;

/** Why a name is refused, in words that say what is accepted; undefined where it is not. */
export function nameFault(name: string): string | undefined {
  if (LINK.test(name)) return 'must be a name without links or e-mail addresses';
  if ((name.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < MIN_NAME_LETTERS)
    return `must have at least ${MIN_NAME_LETTERS} letters or digits`;
  return undefined;
}
