// A user on the wire: what people send about themselves, and what they and admins see.
import { Type } from 'typebox';
import { ROLES } from '../../context.ts';
import { LANGUAGES } from '../../lib/language.ts';
import { Id, type Infer, Line, Model, Nullable, OneOf, Timestamp } from '../../lib/schema.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../auth/passwords/passwords.rules.ts';
import { examples } from './users.examples.ts';
import type { Profile } from './users.queries.ts';

const MAX_EMAIL_LENGTH = 254;

export const Email = Type.String({
  format: 'email',
  maxLength: MAX_EMAIL_LENGTH,
  examples: ['maria.santos@example.com'],
});

/** A password that is being chosen. */
export const NewPassword = Type.String({
  minLength: MIN_PASSWORD_LENGTH,
  maxLength: MAX_PASSWORD_LENGTH,
  description: 'Not a common one and not made of your own names',
  examples: ['kalabasa-sa-ilalim-7'],
});

/** A password that is being proven: whatever was accepted once must be accepted again. */
export const Password = Type.String({
  minLength: 1,
  maxLength: MAX_PASSWORD_LENGTH,
  examples: ['kalabasa-sa-ilalim-7'],
});

/** Six digits of an authenticator app, or a recovery code. */
export const Otp = Type.String({
  pattern: '^(\\d{6}|[0-9A-Za-z]{5}-[0-9A-Za-z]{5})$',
  description: 'six digits of your authenticator app, or a recovery code',
  examples: ['123456'],
});

/** Six digits that were sent. */
export const Code = Type.String({
  pattern: '^\\d{6}$',
  description: 'six digits',
  examples: ['123456'],
});

/** What follows happens later, or not at all. */
export const Accepted = Model(
  'Accepted',
  Type.Object({ message: Type.String() }),
  examples.Accepted,
);

export const ProfileFields = {
  user_name: Type.String({
    pattern: '^[A-Za-z0-9_.-]{3,32}$',
    description: '3 to 32 letters, digits, `_`, `.` or `-`',
    examples: ['maria.santos'],
  }),
  user_email: Email,
  user_phone: Line(32, {
    description: 'a Philippine mobile number in any common form',
    examples: ['0917 123 4567'],
  }),
  first_name: Line(100, { examples: ['Maria'] }),
  last_name: Line(100, { examples: ['Santos'] }),
  language: Type.Optional(OneOf('Language', LANGUAGES)),
};

export const User = Model(
  'User',
  Type.Object({
    id: Id,
    user_name: Type.String(),
    user_email: Type.String(),
    user_phone: Type.String({ description: 'E.164' }),
    pending_email: Nullable(
      Type.String({ description: 'Takes the place of `user_email` once confirmed' }),
    ),
    pending_phone: Nullable(
      Type.String({ description: 'Takes the place of `user_phone` once confirmed' }),
    ),
    first_name: Type.String(),
    last_name: Type.String(),
    language: OneOf('Language', LANGUAGES),
    role: OneOf('Role', ROLES),
    seller_id: Nullable(Id),
    email_verified: Type.Boolean(),
    phone_verified: Type.Boolean(),
    mfa_enabled: Type.Boolean(),
    is_active: Type.Boolean(),
    terms_accepted: Type.Boolean(),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.User,
);

export function userView(user: Profile): Infer<typeof User> {
  return {
    id: user.id,
    user_name: user.user_name,
    user_email: user.user_email,
    user_phone: user.user_phone,
    pending_email: user.pending_email,
    pending_phone: user.pending_phone,
    first_name: user.first_name,
    last_name: user.last_name,
    language: user.language,
    role: user.role,
    seller_id: user.seller_id,
    email_verified: user.email_verified_at !== null,
    phone_verified: user.phone_verified_at !== null,
    mfa_enabled: user.mfa_enabled_at !== null,
    is_active: user.is_active,
    terms_accepted: true,
    created_at: user.created_at.toISOString(),
    updated_at: user.updated_at.toISOString(),
  };
}
