import { describe, expect, it } from 'vitest';
import { isCommonPassword } from './common-passwords.ts';

describe('isCommonPassword', () => {
  it.each([
    'password1',
    '12345678',
    'qwertyuiop',
    'iloveyou1',
    'mahalkita',
    'pilipinas',
    'iloveyou123',
    'ganda123',
    'administrator',
    'contraseña',
  ])('knows the leaked password %s', (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it.each([
    ['upper case', 'PassWord'],
    ['appended digits', 'mahalkita2026'],
    ['an appended exclamation mark', 'Pilipinas!'],
    ['appended digits and signs', 'dragon_2026!?'],
    ['signs for letters', 'P@$$w0rd'],
    ['digits for letters', 'm4h4lk1t4'],
    ['signs for letters and appended digits', 'p@ssw0rd123!'],
    ['one repeated character', 'zzzzzzzzzz'],
    ['a repeated group', '90219021'],
  ])('sees through %s', (_disguise, password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it.each([
    'demo-Freshbytes-2026',
    'correct horse battery staple',
    'tatlong-kalabaw-sa-bukid',
    'vK7#pQ2zLm9x',
    'Passworthy-carrots',
    '# Passwords that attackers try first',
    '',
  ])('lets %j pass', (password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});
