// For tests of rate limits: a server whose routes have every kind of limit, and rates that only a test's own subject can reach.
import { Type } from 'typebox';
import { afterEach } from 'vitest';
import {
  createProbe,
  type Probe,
  type ProbeCall,
  type ProbeOptions,
  userActor,
} from '../../../test/support/probe.ts';
import { FORBIDDEN, Problem } from '../../lib/problem.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';

const handle = async () => undefined;
const facts = {
  access: ANYONE,
  operationId: 'probe',
  tag: 'Probe',
  summary: 'Probe',
  status: 204,
  handle,
} as const;
const credentials = Type.Object({ user_email: Type.String() }, { additionalProperties: false });
const query = Type.Object({ search: Type.Optional(Type.String()) });
const routes = [
  route({ ...facts, method: 'GET', path: '/things' }),
  route({
    ...facts,
    method: 'POST',
    path: '/login',
    body: credentials,
    limit: 'login',
    limitSubject: ({ body }) => (body as { user_email?: string }).user_email?.toLowerCase(),
    handle: async (_ctx, { body }) => {
      if ((body as { user_email: string }).user_email.startsWith('wrong'))
        throw new Problem(FORBIDDEN, 'This is not the password.');
    },
  }),
  route({
    ...facts,
    method: 'POST',
    path: '/refresh/:session',
    params: Type.Object({ session: Type.String() }),
    limit: 'refresh',
    limitSubject: ({ params }) => sessionIn(params),
  }),
  route({ ...facts, method: 'POST', path: '/register', limit: 'register' }),
  route({ ...facts, method: 'POST', path: '/codes', limit: 'code' }),
  route({ ...facts, method: 'POST', path: '/uploads', limit: 'upload' }),
  route({ ...facts, method: 'GET', path: '/search', limit: 'search', query }),
];

function sessionIn(params: unknown): string | undefined {
  const { session } = params as { session: string };
  return session.startsWith('invented') ? undefined : session;
}

const CALLERS = { maria: userActor(), jose: userActor() };

/** Rates that only what a test is about can reach. */
const WIDE = {
  RATE_LIMITS: 'on',
  RATE_LIMIT_ANONYMOUS: '1000/hour',
  RATE_LIMIT_USER: '1000/hour',
  RATE_LIMIT_BURST: '1000/minute',
  RATE_LIMIT_LOGIN: '250/minute',
  RATE_LIMIT_LOGIN_ADDRESS: '1000/minute',
  RATE_LIMIT_REFRESH: '1000/minute',
  RATE_LIMIT_REGISTER: '1000/minute',
  RATE_LIMIT_CODE: '1000/hour',
  RATE_LIMIT_CODE_ADDRESS: '1000/hour',
  RATE_LIMIT_SEARCH: '1000/minute',
  RATE_LIMIT_SEARCH_ADDRESS: '1000/minute',
  RATE_LIMIT_UPLOAD: '1000/minute',
};
/** Closed after each test. */
const opened: Probe[] = [];

export async function openLimited(rates: Readonly<Record<string, string>>) {
  const refused: string[] = [];
  const onRateLimited = (rule: string) => refused.push(rule);
  const configure: ProbeOptions['configure'] = (app) => {
    app.get('/exempt', { config: { isExempt: true } }, async () => 'ok');
  };
  const env = { ...WIDE, ...rates };
  const probe = await createProbe({ routes, callers: CALLERS, configure, onRateLimited, env });
  opened.push(probe);
  return { ...probe, refused };
}

afterEach(async () => {
  for (const probe of opened.splice(0)) await probe.close();
});

/** Statuses of `count` requests, one after the other. */
export async function statuses(probe: Probe, count: number, call: ProbeCall): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i += 1) found.push((await probe.call(call)).statusCode);
  return found;
}
