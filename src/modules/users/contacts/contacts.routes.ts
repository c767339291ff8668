// /auth/email/claim and /auth/contact-changes: getting an address back, from who registered it or who changed it.
import { Type } from 'typebox';
import { SIGNED_OUT } from '../../../http/access.ts';
import { type AnyRoute, route } from '../../../http/route.ts';
import { CONFLICT, SERVICE_UNAVAILABLE } from '../../../lib/problem.ts';
import { Closed, Id, Model } from '../../../lib/schema.ts';
import { accountOf } from '../../auth/limit-subjects.ts';
import { examples } from '../users.examples.ts';
import { Code, Email } from '../users.views.ts';
import { undoContactChange } from './contact-undo.service.ts';
import { UNDO_TOKEN_PATTERN } from './contacts.rules.ts';
import { claimEmail, requestClaim } from './email-claims.service.ts';

const ClaimRequest = Model('ClaimRequest', Closed({ user_email: Email }), examples.ClaimRequest);
const ClaimRequested = Model(
  'ClaimRequested',
  Type.Object({
    message: Type.String(),
    claim_id: { ...Id, description: 'Send it back with the code' },
  }),
  examples.ClaimRequested,
);
const Claim = Model(
  'Claim',
  Closed({
    user_email: Email,
    claim_id: { ...Id, description: '`claim_id` of POST /auth/email/claim/request' },
    code: Code,
  }),
  examples.Claim,
);
const ContactUndo = Model(
  'ContactUndo',
  Closed({
    token: Type.String({
      pattern: UNDO_TOKEN_PATTERN,
      maxLength: 100,
      description: 'the token of the message to the old address',
    }),
  }),
  examples.ContactUndo,
);

export const contactRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'requestEmailClaim',
    method: 'POST',
    path: '/auth/email/claim/request',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Ask for a code that frees my e-mail address',
    description:
      'For the owner of a mailbox whose address somebody else registered and never confirmed. The answer is the same whatever there is; a code comes only then. Where an account has confirmed the address, its password can be reset instead.',
    body: ClaimRequest,
    status: 202,
    returns: ClaimRequested,
    idempotency: 'none',
    limit: 'code',
    handle: async (ctx, { body }) => ({
      message: 'If an account holds this address unconfirmed, a code is on its way to it.',
      claim_id: await requestClaim(ctx, body.user_email),
    }),
  }),
  route({
    operationId: 'claimEmail',
    method: 'POST',
    path: '/auth/email/claim',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Free my e-mail address',
    description:
      'Takes it from the account that never confirmed it and ends its sessions; then register with it.',
    body: Claim,
    status: 204,
    idempotency: 'none',
    limit: 'login',
    limitSubject: accountOf,
    handle: (ctx, { body }) => claimEmail(ctx, body),
  }),
  route({
    operationId: 'undoContactChange',
    method: 'POST',
    path: '/auth/contact-changes/undo',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Undo a change of my e-mail address or number',
    description:
      'With the token that the old one was sent; for seven days after the change, once. Restores the old one, ends every session, and voids codes, the password and a second factor that was set up since: reset the password next.',
    body: ContactUndo,
    status: 204,
    problems: [CONFLICT, SERVICE_UNAVAILABLE],
    idempotency: 'none',
    limit: 'code',
    handle: (ctx, { body }) => undoContactChange(ctx, body.token),
  }),
];
