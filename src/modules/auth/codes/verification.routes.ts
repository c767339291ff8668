// /auth/verification-status and /auth/verify: which of my addresses are confirmed, and confirming them.
import { Type } from 'typebox';
import { signedIn } from '../../../context.ts';
import { OWN_ACCOUNT } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import { CONFLICT, RATE_LIMITED } from '../../../lib/problem.ts';
import { Closed, type Infer, Model, OneOf } from '../../../lib/schema.ts';
import type { Contact } from '../../users/contacts/contacts.rules.ts';
import { confirmContact, requestVerification } from '../../users/contacts/contacts.service.ts';
import { getProfile, type Profile } from '../../users/profiles/profiles.service.ts';
import { examples } from '../../users/users.examples.ts';
import { Accepted, Code } from '../../users/users.views.ts';

const VerificationStatus = Model(
  'VerificationStatus',
  Type.Object({
    verification_status: OneOf('VerificationState', ['VERIFIED', 'UNVERIFIED']),
    message: Type.String(),
    can_perform_actions: Type.Boolean({
      description: 'Whether cart, checkout and reviews are open',
    }),
    email_verified: Type.Boolean(),
    phone_verified: Type.Boolean(),
  }),
  examples.VerificationStatus,
);
const VerificationCode = Model(
  'VerificationCode',
  Closed({ code: Code }),
  examples.VerificationCode,
);

export const verificationRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'getVerificationStatus',
    method: 'GET',
    path: '/auth/verification-status',
    access: OWN_ACCOUNT,
    tag: 'Auth',
    summary: 'Get my verification status',
    status: 200,
    returns: VerificationStatus,
    cache: 'personal',
    handle: async (ctx) => statusView(await getProfile(ctx, signedIn(ctx).user_id)),
  }),
  ...contactRoutes('email', {
    noun: 'e-mail address',
    operationIds: { send: 'sendEmailCode', confirm: 'confirmEmail' },
  }),
  ...contactRoutes('phone', {
    noun: 'phone number',
    operationIds: { send: 'sendPhoneCode', confirm: 'confirmPhone' },
  }),
];

function contactRoutes(
  contact: Contact,
  { noun, operationIds }: { noun: string; operationIds: { send: string; confirm: string } },
): AnyRoute[] {
  return [
    route({
      operationId: operationIds.send,
      method: 'POST',
      path: `/auth/verify/${contact}/request`,
      access: OWN_ACCOUNT,
      tag: 'Auth',
      summary: `Send a code to my ${noun}`,
      description:
        'To the changed one where a change is pending. Six digits that work once, within 10 minutes and 5 tries; a new code voids the one before.',
      status: 202,
      returns: Accepted,
      problems: [CONFLICT, RATE_LIMITED],
      idempotency: 'none',
      limit: 'code',
      handle: async (ctx) => {
        await requestVerification(ctx, contact);
        return { message: `A code is on its way to your ${noun}.` };
      },
    }),
    route({
      operationId: operationIds.confirm,
      method: 'POST',
      path: `/auth/verify/${contact}`,
      access: OWN_ACCOUNT,
      tag: 'Auth',
      summary: `Confirm my ${noun}`,
      body: VerificationCode,
      status: 200,
      returns: VerificationStatus,
      // Another account may have confirmed it meanwhile.
      problems: [CONFLICT],
      idempotency: 'none',
      handle: async (ctx, { body }) => statusView(await confirmContact(ctx, contact, body.code)),
    }),
  ];
}

function statusView(user: Profile): Infer<typeof VerificationStatus> {
  const email_verified = user.email_verified_at !== null;
  const phone_verified = user.phone_verified_at !== null;
  const isVerified = email_verified || phone_verified;
  return {
    verification_status: isVerified ? 'VERIFIED' : 'UNVERIFIED',
    message: isVerified
      ? 'Your account is verified.'
      : 'Confirm your e-mail address or phone number to use cart, checkout and reviews: POST /auth/verify/email/request.',
    can_perform_actions: isVerified,
    email_verified,
    phone_verified,
  };
}
