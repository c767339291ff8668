// Requests that nobody would send on purpose: good ones with a part replaced by what has tripped somebody up, or by chance.
import fc from 'fast-check';
import { cursorPaging, numberedPaging } from '../../src/http/paging.ts';
import { newId } from '../../src/lib/ids.ts';
import type { CallerKind } from '../authorization/cast.ts';
import type { Names } from '../authorization/fixtures.ts';
import type { Call } from '../authorization/requests.ts';
import type { Operation } from './operations.ts';

export interface StrangeRequest {
  /** Somebody else than who is granted the call. */
  readonly by: CallerKind | undefined;
  readonly names: Names;
  readonly suffix: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const BY: readonly CallerKind[] = ['nobody', 'unverified', 'customer', 'seller', 'admin'];
const ODD_TEXTS = [
  '',
  ' ',
  'x',
  '0',
  '1e9',
  '99999999999999999999',
  '\0',
  "' OR 1=1 --",
  '%',
  '9999-12-31T23:59:59.999999999+23:59',
  newId(),
  'ñ'.repeat(300),
];
const ODD_VALUES = [...ODD_TEXTS, null, true, -1, 1e308, [], {}];

/** Every parameter, member and name of a good call with every odd text in its place, one at a time. */
export function oddRequests(operation: Operation, call: Call): StrangeRequest[] {
  const { roles } = operation.route.access;
  const good = goodRequest(call);
  const members = membersOf(call);
  const odd: StrangeRequest[] = [
    ...parametersOf(operation).flatMap((name) =>
      ODD_TEXTS.map((text) => ({ ...good, suffix: queryOf([[name, text]]) })),
    ),
    ...memberNamesOf(operation, call).flatMap((name) =>
      ODD_VALUES.map((value) => ({ ...good, body: { ...members, [name]: value } })),
    ),
    ...(operation.route.params === undefined ? [] : ODD_TEXTS.filter(isSegment)).map((text) => ({
      ...good,
      names: { ...call.names, id: encodeURIComponent(text) },
    })),
  ];
  // Admins may name what others may not.
  const isOfAdmins = roles?.includes('admin') && call.caller.kind !== 'admin';
  return isOfAdmins ? [...odd, ...odd.map((one) => ({ ...one, by: 'admin' as const }))] : odd;
}

/** A good call with one part replaced by chance, sent by anybody. */
export function strangeRequests(operation: Operation, call: Call): fc.Arbitrary<StrangeRequest> {
  const good = goodRequest(call);
  const by = fc.option(fc.constantFrom(...BY), { nil: undefined });
  const change = fc.oneof<fc.Arbitrary<Partial<StrangeRequest>>[]>(
    fc.record({ headers }),
    fc.record({ suffix: suffix(operation) }),
    ...(operation.route.params === undefined ? [] : [fc.record({ names })]),
    ...(operation.route.method === 'GET' ? [] : [fc.record({ body: body(operation, call) })]),
  );
  return fc.tuple(by, change).map(([kind, changed]) => typed({ ...good, ...changed, by: kind }));
}

function goodRequest(call: Call): StrangeRequest {
  return { by: undefined, names: call.names, suffix: '', body: call.body, headers: {} };
}

/** Text is sent as what it is not, or nothing would ever read it. */
function typed(request: StrangeRequest): StrangeRequest {
  if (typeof request.body !== 'string') return request;
  return { ...request, headers: { 'content-type': 'application/json', ...request.headers } };
}

function parametersOf({ route, version }: Operation): string[] {
  const paging = version === 'v1' ? numberedPaging : cursorPaging(['any']);
  const ofPages = route.kind === 'list' ? paging.query.properties : {};
  return Object.keys({ ...ofPages, ...route.query?.properties });
}

function membersOf({ body }: Call): object {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body) ? body : {};
}

function memberNamesOf({ route: { body } }: Operation, call: Call): string[] {
  const known = body !== undefined && 'properties' in body ? body.properties : {};
  return Object.keys({ ...(known as object), ...membersOf(call) });
}

function queryOf(parameters: readonly (readonly [name: string, value: string])[]): string {
  return `?${parameters.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`;
}

/** Dots alone would lead to another path, and nothing at all would, too. */
function isSegment(text: string): boolean {
  return !/^\.{0,2}$/.test(text);
}

/** All of Unicode. */
const text = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));
const value = fc.oneof(text, fc.integer(), fc.double(), fc.jsonValue({ maxDepth: 2 }));
const segment = text.filter(isSegment).map(encodeURIComponent);
const names: fc.Arbitrary<Names> = fc.record({ id: segment, part_id: segment });
const header = fc.oneof(
  fc.constantFrom('"1"', '*', 'W/"1-a"', '"999999999999"', newId()),
  fc.stringMatching(/^[\x21-\x7e]{1,60}$/),
);
const headers: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'idempotency-key': header,
    'if-match': header,
    'if-none-match': header,
    'x-request-id': header,
    traceparent: header,
    origin: header,
    accept: header,
    'accept-encoding': header,
    'content-type': fc.constantFrom('application/json', 'text/plain', 'multipart/form-data', 'x'),
    authorization: header.map((token) => `Bearer ${token}`),
  },
  { requiredKeys: [] },
);

function suffix(operation: Operation): fc.Arbitrary<string> {
  const name = fc.oneof(fc.constantFrom('surprise', ...parametersOf(operation)), text);
  return fc.array(fc.tuple(name, text), { maxLength: 3 }).map(queryOf);
}

/** A member replaced, added or left out; or any JSON; or no JSON at all. */
function body(operation: Operation, call: Call): fc.Arbitrary<unknown> {
  const members = membersOf(call);
  const name = fc.oneof(fc.constantFrom('surprise', ...memberNamesOf(operation, call)), text);
  const changed = fc.tuple(name, value).map(([key, given]) => ({ ...members, [key]: given }));
  const lacking = name.map((key) =>
    Object.fromEntries(Object.entries(members).filter(([member]) => member !== key)),
  );
  const json = fc.jsonValue({ maxDepth: 3 }).map((any) => JSON.stringify(any));
  return fc.oneof({ weight: 4, arbitrary: changed }, lacking, json, text);
}
