// Customers as good clients are: what was not answered, or with 503, is asked again with the same key, of the other process.
import { setTimeout as pause } from 'node:timers/promises';
import { DEMO_PASSWORD } from '../../src/lib/demo-market.ts';
import { newId } from '../../src/lib/ids.ts';
import { parseMoney } from '../../src/lib/money.ts';

const ANSWER_TIMEOUT_MS = 15_000;
/** Shorter than Retry-After says, so that what is measured is the service and not the patience of its clients. */
const RETRY_DELAY_MS = 250;
const PAGE_SIZE = 50;
export const CHECKOUT = '/orders/checkout';
const NO_STOCK = 'INSUFFICIENT_STOCK';

/** One request of a customer. */
export interface Attempt {
  readonly path: string;
  /** Which of the processes was asked. */
  readonly api: number;
  readonly began_ms: number;
  readonly ended_ms: number;
  /** Absent where there was no answer. */
  readonly status?: number;
}

/** An order as its customer was told of it. */
export interface Acknowledged {
  readonly key: string;
  readonly order_id: string;
  readonly total_centavos: number;
}

export interface Session {
  readonly access: string;
  readonly refresh: string;
}

export interface Crowd {
  /** In the order of their ends. */
  readonly attempts: readonly Attempt[];
  readonly acknowledged: readonly Acknowledged[];
  /** Answers that no client expects. */
  readonly surprises: readonly string[];
  /** Lets everybody finish the order that is being placed. */
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
}

/** One request to one process. @throws Error where there is no answer */
export async function ask(url: string, call: Call, key = newId()): Promise<Answer> {
  const { method, path, token, body } = call;
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      'idempotency-key': key,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Asks one process until there is an answer that counts. */
async function persist(url: string, call: Call): Promise<Answer> {
  return askUntilAnswered({ urls: [url], first: 0, attempts: [] }, call, newId());
}

/** @throws Error where the sign-in is refused */
export async function signIn(url: string, user_email: string): Promise<Session> {
  const body = { user_email, password: DEMO_PASSWORD };
  const answer = await persist(url, { method: 'POST', path: '/auth/login', body });
  if (answer.status !== 200) throw new Error(`sign-in: ${JSON.stringify(answer)}`);
  return answer.body as Session;
}

/** Everybody begins to buy, each from a cart of one thing. */
export async function startCrowd(
  urls: readonly string[],
  emails: readonly string[],
): Promise<Crowd> {
  const attempts: Attempt[] = [];
  const acknowledged: Acknowledged[] = [];
  const surprises: string[] = [];
  const isTaken = (answer: Answer) => {
    if (answer.status < 300) return true;
    if (codeOf(answer.body) !== NO_STOCK)
      surprises.push(`${answer.status} ${JSON.stringify(answer.body)}`);
    return false;
  };
  let isStopping = false;
  const [url = ''] = urls;
  const products = await list(url, { path: `/products?in_stock=true&page_size=${PAGE_SIZE}` });
  const placeOrders = async (user_email: string, first: number) => {
    const { access: token } = await signIn(url, user_email);
    const [address] = await list(url, { path: '/users/me/addresses', token });
    for (let turn = first; !isStopping; turn += 1) {
      const product_id = products[turn % products.length]?.id;
      const insist = (call: Call, key = newId()) =>
        askUntilAnswered({ urls, first: turn, attempts }, { token, ...call }, key);
      await insist({ method: 'DELETE', path: '/cart' });
      const body = { product_id, quantity: '1' };
      if (!isTaken(await insist({ method: 'POST', path: '/cart/items', body }))) continue;
      const key = newId();
      const answer = await insist(checkoutOf(address?.id), key);
      if (isTaken(answer)) acknowledged.push(acknowledgementOf(key, answer));
    }
  };
  const running = Promise.all(emails.map(placeOrders));
  // Rethrown by stop().
  running.catch(() => {});
  return {
    attempts,
    acknowledged,
    surprises,
    stop: async () => {
      isStopping = true;
      await running;
    },
  };
}

function checkoutOf(address_id: string | undefined): Call {
  return { method: 'POST', path: CHECKOUT, body: { address_id, payment_method: 'COD' } };
}

interface Turns {
  readonly urls: readonly string[];
  /** Which of them is asked first. */
  readonly first: number;
  readonly attempts: Attempt[];
}

/** Asks until there is an answer that counts, of one process after the other. */
async function askUntilAnswered(
  { urls, first, attempts }: Turns,
  call: Call,
  key: string,
): Promise<Answer> {
  for (let turn = first; ; turn += 1) {
    const api = turn % urls.length;
    const began_ms = performance.now();
    // What there is to know of a broken connection is that there was no answer.
    const answer = await ask(urls[api] ?? '', call, key).catch(() => undefined);
    const ended_ms = performance.now();
    const { path } = call;
    attempts.push({ path, api, began_ms, ended_ms, ...(answer && { status: answer.status }) });
    if (answer !== undefined && !isOpen(answer)) return answer;
    await pause(RETRY_DELAY_MS);
  }
}

/** Whether the contract says to ask again: 408 where the request did not arrive in time. */
function isOpen({ status, body }: Answer): boolean {
  return status === 408 || status === 503 || codeOf(body) === 'IDEMPOTENCY_IN_PROGRESS';
}

function codeOf(body: unknown): string | undefined {
  return (body as { code?: string } | undefined)?.code;
}

function acknowledgementOf(key: string, { body }: Answer): Acknowledged {
  const { order } = body as { order: { id: string; total_amount: string } };
  return { key, order_id: order.id, total_centavos: parseMoney(order.total_amount) };
}

async function list(url: string, call: Omit<Call, 'method'>): Promise<{ id: string }[]> {
  const { status, body } = await persist(url, { method: 'GET', ...call });
  if (status !== 200) throw new Error(`${call.path}: ${status} ${JSON.stringify(body)}`);
  return (body as { results: { id: string }[] }).results;
}
