import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slugify } from './slug.ts';

describe('slugify', () => {
  it.each([
    ['Kamatis (Native), 1 kg', 'kamatis-native-1-kg'],
    ['Aling Nena’s Gulayan', 'aling-nena-s-gulayan'],
    ['Piña at Niyog', 'pina-at-niyog'],
    ['CAFÉ  —  Batangas', 'cafe-batangas'],
    ['--a--', 'a'],
    ['½ sako', '1-2-sako'],
    ['Ａmpalaya', 'ampalaya'],
    ['🍅', 'item'],
    ['', 'item'],
    ['   ', 'item'],
    ['蔬菜', 'item'],
  ])('turns %j into %j', (name, slug) => {
    expect(slugify(name)).toBe(slug);
  });

  it('is never empty, never longer than 80, and made of lower-case words joined by single hyphens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        const slug = slugify(name);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(80);
      }),
    );
  });

  it('leaves a slug as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        expect(slugify(slugify(name))).toBe(slugify(name));
      }),
    );
  });

  it('does not end in the hyphen at which it was cut', () => {
    expect(slugify(`${'a'.repeat(79)} b`)).toBe('a'.repeat(79));
  });
});
