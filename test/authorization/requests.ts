// Requests of the matrix: from a route, its case and a scene to what is sent.
import type { LightMyRequestResponse } from 'fastify';
import type { AnyRoute } from '../../src/http/route.ts';
import { newId } from '../../src/lib/ids.ts';
import { createActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';
import type { Caller } from './cast.ts';
import type { Names } from './fixtures.ts';
import { ABSENT, type Making, type Relation, type Scene } from './objects.ts';
import { caseOf } from './routes.ts';

const BOUNDARY = 'matrix';

export interface Call {
  readonly route: AnyRoute;
  readonly caller: Caller;
  /** Absent where the route names no object. */
  readonly relation: Relation | undefined;
  readonly names: Names;
  /** JSON, or the file where the route takes an upload. */
  readonly body: unknown;
}

/** People who own what is not the caller's. */
export async function createStrangers(test: TestApp): Promise<Omit<Scene, 'test' | 'me'>> {
  return {
    stranger: await createActor(test),
    rival: await createActor(test, { role: 'seller' }),
    newcomer: await createActor(test, { role: 'seller', sellerStatus: 'PENDING' }),
  };
}

/** How to make the route's object in this relation; undefined where no caller of this kind can have it. */
export function makingOf(
  route: AnyRoute,
  { kind }: Caller,
  relation: Relation,
): Making | undefined {
  const { object } = caseOf(route);
  if (object === undefined) return undefined;
  const making = relation === 'absent' ? ABSENT : object[relation];
  return making?.callers.includes(kind) ? making : undefined;
}

/** Makes the object, if there is one, and the body. */
export async function prepare(
  scene: Scene,
  { route, caller }: Pick<Call, 'route' | 'caller'>,
  relation?: Relation,
): Promise<Call> {
  const making = relation === undefined ? undefined : makingOf(route, caller, relation);
  const names = making === undefined ? { id: '' } : await making.make(scene);
  const body = await caseOf(route).body?.(names, scene, caller.kind);
  return { route, caller, relation, names, body };
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Behind the path: a query, or a slash. */
  readonly suffix?: string;
  /** Instead of the call's. */
  readonly body?: unknown;
  readonly version?: 'v1' | 'v2';
  /** Leaves out the Idempotency-Key that the route needs. */
  readonly withoutKey?: boolean;
}

/** Sends a call with an Idempotency-Key of its own where the route needs one. */
export function send(
  test: Pick<TestApp, 'call'>,
  call: Call,
  options: SendOptions = {},
): Promise<LightMyRequestResponse> {
  const { route, caller, names } = call;
  const { suffix = '', version = 'v1', headers, body = call.body, withoutKey = false } = options;
  const path = route.path.replace(/:\w+/, names.id).replace(/:\w+/, names.part_id ?? '');
  return test.call({
    method: route.method,
    path: `${path.startsWith('/dev/') ? '' : `/api/${version}`}${path}${suffix}`,
    token: caller.token,
    headers: {
      ...(route.idempotency === 'required' && !withoutKey ? { 'idempotency-key': newId() } : {}),
      ...(Buffer.isBuffer(body)
        ? { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
        : {}),
      ...headers,
    },
    body: Buffer.isBuffer(body) ? upload(body) : body,
  });
}

function upload(file: Buffer): Buffer {
  const head = [
    `--${BOUNDARY}`,
    'Content-Disposition: form-data; name="image"; filename="a.png"',
    'Content-Type: image/png',
    '',
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}
