// Nothing slow between BEGIN and COMMIT: what takes long asks for a context that a transaction does not have.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SLOW =
  /^import (?!type ).* from '(sharp|@node-rs\/argon2|nodemailer|ioredis|node:(fs|child_process|net|tls|http|https|dns|zlib)[^']*)'|(?<!\.)\bfetch\(/m;

/** Files of modules that do something slow themselves; everything else slow is behind the gateways, which a TxCtx lacks. */
const KNOWN = [
  'src/modules/auth/passwords/passwords.ts',
  'src/modules/catalog/images/image-encoding.ts',
];
/** They watch the machine for `/health` and `/metrics`, and are never handed a context. */
const OF_THE_PROCESS = /^src\/modules\/operations\/health\//;

const files = readdirSync('src/modules', { recursive: true, encoding: 'utf8' })
  .filter((name) => /(?<!\.test|\.testkit)\.ts$/.test(name))
  .map((name) => `src/modules/${name}`);
const slow = files
  .filter((file) => SLOW.test(readFileSync(file, 'utf8')))
  .filter((file) => !OF_THE_PROCESS.test(file));

describe('what takes long', () => {
  it('is done in few places of the modules', () => {
    expect(slow.sort()).toEqual(KNOWN);
  });

  it.each(KNOWN)('in %s cannot be called inside a transaction', (file) => {
    const source = readFileSync(file, 'utf8');
    const exported = [...source.matchAll(/^export (?:async )?function \w+\(\s*(\w+: \w+)/gm)];
    expect(exported.length).toBeGreaterThan(0);
    for (const [, first] of exported) expect(first).toBe('_ctx: OutsideCtx');
  });
});
