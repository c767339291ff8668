// The people of the demo market that a newcomer can sign in as; the seed makes them.

export const DEMO_EMAILS = [
  'admin@freshbytes.test',
  'seller@freshbytes.test',
  'customer@freshbytes.test',
];
