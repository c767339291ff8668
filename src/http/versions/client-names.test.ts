import { describe, expect, it } from 'vitest';
import { createClientNames, MAX_CLIENT_NAMES } from './client-names.ts';

describe('the name of a client', () => {
  it.each([
    ['curl/8.5.0', 'curl'],
    ['okhttp/4.12.0', 'okhttp'],
    ['PostmanRuntime/7.36.1', 'postmanruntime'],
    ['python-requests/2.31.0', 'python-requests'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'mozilla'],
    ['urllib3', 'urllib3'],
    ['gulayan.app; Android', 'gulayan.app'],
    [undefined, 'none'],
    ['  ', 'none'],
    ['maria.santos@example.com', 'other'],
    ['maria.santos@example.com/1.0', 'other'],
    ['+639171234567', 'other'],
    ['user09171234567/1.0', 'other'],
    ['app-a3f09bc1/1.0', 'other'],
    ['(compatible)', 'other'],
    ['Señora/1.0', 'other'],
    [`${'a'.repeat(41)}/1.0`, 'other'],
    ['{"__proto__":1}', 'other'],
  ])('of %j is %s: a product and never a person', (userAgent, name) => {
    expect(createClientNames()(userAgent)).toBe(name);
  });

  it('is one of a bounded number, however many there are', () => {
    const nameOf = createClientNames();
    const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
    const agents = letters.flatMap((a) => letters.map((b) => `client-${a}${b}/1.0`));
    const names = new Set(agents.map(nameOf));
    expect(names.size).toBe(MAX_CLIENT_NAMES + 1);
    expect(names).toContain('other');
    expect(nameOf('client-aa/2.0')).toBe('client-aa');
    expect(nameOf('client-zz/2.0')).toBe('other');
  });
});
