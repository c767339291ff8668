import { describe, expect, it } from 'vitest';
import { nameFault } from './names.rules.ts';

describe('a business name', () => {
  it.each([
    'Gulayan ni Aling Nena',
    'Dr. Cruz & Sons (Benguet)',
    'St. Mary Farm',
    'Piñahan 100%',
    '山田',
  ])('may be %j', (name) => {
    expect(nameFault(name)).toBeUndefined();
  });

  it.each([
    ['a link', 'Pay at https://evil.example'],
    ['a bare address', 'Call nena-farm.com now'],
    ['an e-mail address', 'nena@farm'],
    ['punctuation alone', '!!!'],
  ])('may not be %s', (_what, name) => {
    expect(nameFault(name)).toMatch(/^must/);
  });
});
