// A real server with eight connections while a seller sends ten large images at once: everybody else is answered as ever.
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import { MAX_IMAGE_BYTES } from '../../../src/modules/catalog/images/images.rules.ts';
import { createActor } from '../../support/actors.ts';
import { createProduct } from '../../support/builders.ts';
import { createCustomer, fillCart, stockProduct } from '../../support/market.ts';
import {
  createProcessBench,
  type ProcessBench,
  type ServerProcess,
} from '../../support/processes/processes.ts';

const TEST_TIMEOUT_MS = 120_000;
const UPLOADS = 10;
const CHECKOUTS = 5;

let bench: ProcessBench;
let server: ServerProcess;

beforeAll(async () => {
  bench = await createProcessBench();
  server = await bench.start({ LOAD_SHEDDING: 'off', WORKER: 'off', DATABASE_POOL_SIZE: '8' });
});
afterAll(() => bench.close());

/** As dear as five megabytes get: noise, which no format packs well. */
async function takeLargePhoto(): Promise<Buffer> {
  const photo = await sharp({
    create: {
      width: 2_800,
      height: 2_800,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 128, sigma: 50 },
    },
  })
    .jpeg({ quality: 70 })
    .toBuffer();
  expect(photo.length).toBeGreaterThan(0.6 * MAX_IMAGE_BYTES);
  expect(photo.length).toBeLessThan(MAX_IMAGE_BYTES);
  return photo;
}

async function timed(
  path: string,
  init: RequestInit,
): Promise<{ status: number; took_ms: number }> {
  const began = performance.now();
  const answer = await fetch(`${server.url}/api/v1${path}`, init);
  await answer.arrayBuffer();
  return { status: answer.status, took_ms: performance.now() - began };
}

it('large uploads with keys hold up neither reads nor checkouts', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const { test } = bench;
  const seller = await createActor(test, { role: 'seller' });
  const goods = await stockProduct(test, seller.seller_id);
  const customers = await Promise.all(
    Array.from({ length: CHECKOUTS }, () => createCustomer(test)),
  );
  for (const customer of customers) await fillCart(test, customer, { [goods.id]: '1' });
  const photo = await takeLargePhoto();
  let isOver = false;
  const uploads = Promise.all(
    Array.from({ length: UPLOADS }, async () => {
      const { id } = await createProduct(test, seller);
      const body = new FormData();
      body.set('image', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg');
      const headers = { authorization: `Bearer ${seller.token}`, 'idempotency-key': newId() };
      return timed(`/products/${id}/images`, { method: 'POST', headers, body });
    }),
  ).finally(() => {
    isOver = true;
  });
  const reads: number[] = [];
  const reading = (async () => {
    while (!isOver) {
      const headers = { authorization: `Bearer ${customers[0]?.token}` };
      const { status, took_ms } = await timed('/users/me', { headers });
      expect(status).toBe(200);
      reads.push(took_ms);
    }
  })();
  const checkouts = [];
  for (const { token, address_id } of customers) {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': newId(),
    };
    const body = JSON.stringify({ address_id, payment_method: 'COD' });
    checkouts.push(await timed('/orders/checkout', { method: 'POST', headers, body }));
  }
  const uploaded = await uploads;
  await reading;
  const times = (answers: readonly { took_ms: number }[]) =>
    answers.map(({ took_ms }) => took_ms).sort((a, b) => a - b);
  expect(uploaded.map(({ status }) => status)).toEqual(uploaded.map(() => 201));
  expect(checkouts.map(({ status }) => status)).toEqual(customers.map(() => 201));
  // Measured against the uploads themselves, because both are as slow as the machine is busy: whoever waited for a
  // connection that an upload holds, or for the event loop to hash it, would wait as long as uploads take.
  const half_ms = (times(uploaded)[UPLOADS / 2] ?? 0) / 2;
  expect(reads.length).toBeGreaterThan(UPLOADS);
  expect(Math.max(...reads)).toBeLessThan(half_ms);
  expect(Math.max(...times(checkouts))).toBeLessThan(half_ms);
});
