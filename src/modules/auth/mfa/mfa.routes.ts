// /auth/mfa/totp: setting a second factor up, and taking it away.
import { Type } from 'typebox';
import { OWN_ACCOUNT } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import { CONFLICT, RATE_LIMITED } from '../../../lib/problem.ts';
import { Closed, Model } from '../../../lib/schema.ts';
import { INVALID_CREDENTIALS } from '../../users/users.errors.ts';
import { examples } from '../../users/users.examples.ts';
import { Otp } from '../../users/users.views.ts';
import { confirmFactor, disableFactor, enrollFactor, RECOVERY_CODE_COUNT } from './mfa.service.ts';

const OtpProof = Model('OtpProof', Closed({ otp: Otp }), examples.OtpProof);
const TotpEnrollment = Model(
  'TotpEnrollment',
  Type.Object({
    secret: Type.String({ description: 'Base32, for typing into an authenticator app' }),
    otpauth_url: Type.String({ description: 'The same for a QR code' }),
  }),
  examples.TotpEnrollment,
);
const RecoveryCodes = Model(
  'RecoveryCodes',
  Type.Object({
    recovery_codes: Type.Array(Type.String(), {
      maxItems: RECOVERY_CODE_COUNT,
      description: 'Each stands in for a code of the app, once. They are shown only now.',
    }),
  }),
  examples.RecoveryCodes,
);

export const mfaRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'enrollTotp',
    method: 'POST',
    path: '/auth/mfa/totp/enroll',
    access: OWN_ACCOUNT,
    stepUp: true,
    tag: 'Auth',
    summary: 'Get a secret for an authenticator app',
    description: 'It counts once it is confirmed; another enrolment replaces it until then.',
    status: 200,
    returns: TotpEnrollment,
    problems: [CONFLICT],
    idempotency: 'none',
    handle: (ctx) => enrollFactor(ctx),
  }),
  route({
    operationId: 'confirmTotp',
    method: 'POST',
    path: '/auth/mfa/totp/confirm',
    access: OWN_ACCOUNT,
    stepUp: true,
    tag: 'Auth',
    summary: 'Switch the second factor on',
    body: OtpProof,
    status: 200,
    returns: RecoveryCodes,
    problems: [CONFLICT, INVALID_CREDENTIALS, RATE_LIMITED],
    idempotency: 'none',
    handle: async (ctx, { body }) => ({
      recovery_codes: await confirmFactor(ctx, body.otp),
    }),
  }),
  route({
    operationId: 'disableTotp',
    method: 'POST',
    path: '/auth/mfa/totp/disable',
    access: OWN_ACCOUNT,
    stepUp: true,
    tag: 'Auth',
    summary: 'Switch the second factor off',
    body: OtpProof,
    status: 204,
    problems: [CONFLICT, INVALID_CREDENTIALS, RATE_LIMITED],
    idempotency: 'none',
    handle: (ctx, { body }) => disableFactor(ctx, body.otp),
  }),
];
