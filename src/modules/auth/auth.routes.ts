// /auth: registering, signing in and out, and what the caller may do.
import { Type } from 'typebox';
import { ROLES, signedIn } from '../../context.ts';
import { OWN_ACCOUNT, SIGNED_OUT } from '../../http/access.ts';
import { type AnyRoute, route } from '../../http/route.ts';
import {
  CONFLICT,
  MFA_REQUIRED,
  RATE_LIMITED,
  SERVICE_UNAVAILABLE,
  TOKEN_EXPIRED,
  TOKEN_REVOKED,
  UNAUTHENTICATED,
} from '../../lib/problem.ts';
import { Closed, type Infer, Model, OneOf, Timestamp } from '../../lib/schema.ts';
import { ACCOUNT_INACTIVE, INVALID_CREDENTIALS } from '../users/users.errors.ts';
import { examples } from '../users/users.examples.ts';
import {
  Email,
  NewPassword,
  Otp,
  Password,
  ProfileFields,
  User,
  userView,
} from '../users/users.views.ts';
import { accountOf, textMember } from './limit-subjects.ts';
import { stepUp } from './mfa/step-up.service.ts';
import { permissionsOf } from './permissions.ts';
import { logOut, rotateSession, type TokenPair } from './sessions/sessions.service.ts';
import { logIn, registerUser } from './sign-in.service.ts';

const Registration = Model(
  'Registration',
  Closed({ ...ProfileFields, password: NewPassword, terms_accepted: Type.Literal(true) }),
  examples.Registration,
);
const Login = Model(
  'Login',
  Closed({ user_email: Email, password: Password, otp: Type.Optional(Otp) }),
  examples.Login,
);
const StepUp = Model(
  'StepUp',
  Closed({ password: Password, otp: Type.Optional(Otp) }),
  examples.StepUp,
);
const SteppedUp = Model(
  'SteppedUp',
  Type.Object({ valid_until: { ...Timestamp, description: 'When the proof is too old' } }),
  examples.SteppedUp,
);
const Refresh = Model(
  'Refresh',
  Closed({ refresh: Type.String({ minLength: 1, maxLength: 200 }) }),
  examples.Refresh,
);

const TokenFields = {
  access: Type.String({ description: 'JWT for the Authorization header' }),
  refresh: Type.String({ description: 'Good for one POST /auth/login/refresh' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds that the access token lives' }),
};
const TokenPairView = Model('TokenPair', Type.Object(TokenFields), examples.TokenPair);
const SignedInView = Model(
  'SignedIn',
  Type.Object({ ...TokenFields, user: User }),
  examples.SignedIn,
);
const Permissions = Model(
  'Permissions',
  Type.Object({ role: OneOf('Role', ROLES), permissions: Type.Array(Type.String()) }),
  examples.Permissions,
);

export const authRoutes: readonly AnyRoute[] = [
  route({
    operationId: 'register',
    method: 'POST',
    path: '/auth/register',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Register',
    body: Registration,
    status: 201,
    returns: User,
    problems: [CONFLICT, SERVICE_UNAVAILABLE],
    idempotency: 'none',
    limit: 'register',
    cache: 'personal',
    handle: async (ctx, { body: { terms_accepted: _accepted, ...input } }) =>
      userView(await registerUser(ctx, input)),
  }),
  route({
    operationId: 'signIn',
    method: 'POST',
    path: '/auth/login',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Sign in',
    description: '`otp` is needed where a second factor is set up.',
    body: Login,
    status: 200,
    returns: SignedInView,
    problems: [INVALID_CREDENTIALS, MFA_REQUIRED, ACCOUNT_INACTIVE, SERVICE_UNAVAILABLE],
    idempotency: 'none',
    limit: 'login',
    limitSubject: accountOf,
    cache: 'personal',
    handle: async (ctx, { body, request }) => {
      const { user, ...pair } = await logIn(ctx, body, {
        userAgent: request.headers['user-agent'],
      });
      return { ...pairView(pair), user: userView(user) };
    },
  }),
  route({
    operationId: 'refreshTokens',
    method: 'POST',
    path: '/auth/login/refresh',
    access: SIGNED_OUT,
    tag: 'Auth',
    summary: 'Get a new pair of tokens',
    description: 'The refresh token is spent by this; using it once more ends the session.',
    body: Refresh,
    status: 200,
    returns: TokenPairView,
    problems: [UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED],
    idempotency: 'none',
    limit: 'refresh',
    limitSubject: ({ ctx, body }) => ctx.tokens.sessionOfRefresh(textMember(body, 'refresh') ?? ''),
    cache: 'personal',
    handle: async (ctx, { body }) => pairView(await rotateSession(ctx, body.refresh)),
  }),
  route({
    operationId: 'stepUp',
    method: 'POST',
    path: '/auth/step-up',
    access: OWN_ACCOUNT,
    tag: 'Auth',
    summary: 'Prove again who I am',
    description:
      'Opens for five minutes, in this session, what answers `STEP_UP_REQUIRED`: changing an address to reach me, my password or second factor, ending sessions, deleting accounts. Signing in does the same. `otp` is needed where a second factor is set up.',
    body: StepUp,
    status: 200,
    returns: SteppedUp,
    problems: [INVALID_CREDENTIALS, MFA_REQUIRED, RATE_LIMITED, SERVICE_UNAVAILABLE],
    idempotency: 'none',
    limit: 'password',
    cache: 'personal',
    handle: async (ctx, { body }) => ({
      valid_until: (await stepUp(ctx, body)).toISOString(),
    }),
  }),
  route({
    operationId: 'signOut',
    method: 'POST',
    path: '/auth/logout',
    access: OWN_ACCOUNT,
    tag: 'Auth',
    summary: 'Sign out',
    description: 'Ends this session: both of its tokens are dead at once.',
    body: Refresh,
    status: 204,
    idempotency: 'none',
    handle: (ctx, { body }) => logOut(ctx, body.refresh),
  }),
  route({
    operationId: 'getPermissions',
    method: 'GET',
    path: '/auth/permissions',
    access: OWN_ACCOUNT,
    tag: 'Auth',
    summary: 'List what I may do',
    status: 200,
    returns: Permissions,
    cache: 'personal',
    handle: async (ctx) => {
      const actor = signedIn(ctx);
      return { role: actor.role, permissions: permissionsOf(actor) };
    },
  }),
];

function pairView({ access, refresh, expires_in }: TokenPair): Infer<typeof TokenPairView> {
  return { access, refresh, token_type: 'Bearer', expires_in };
}
