// How the market refuses: what is taken, what cannot follow, what has changed meanwhile, and what is not there.
import sharp from 'sharp';
import { newId } from '../../../src/lib/ids.ts';
import { DAY_MS, plusMs } from '../../../src/lib/time.ts';
import { encodeOriginal } from '../../../src/modules/catalog/images/image-encoding.ts';
import { MAX_IMAGES } from '../../../src/modules/catalog/images/images.rules.ts';
import {
  makeImage,
  makeLot,
  makeProduct,
  makePromo,
  makeRemovedProduct,
  makeSale,
} from '../../authorization/fixtures.ts';
import { createActor } from '../../support/actors.ts';
import { createCategory, createProduct } from '../../support/builders.ts';
import { amongCrowd } from '../crowd.ts';
import { type Attempt, ask, type Provocations, type Provoke } from '../operations.ts';

const SOMEBODY_ELSES_VERSION = { 'if-match': '"999"' };
const SKU = 'K-1';

/** Of the caller, who is a seller. */
type Make = (attempt: Attempt) => Promise<{ id: string }>;
const product: Make = ({ stage, me }) => makeProduct(stage.test, me);
const promo: Make = ({ stage, me }) => makePromo(stage.test, me, 1);
const seller: Make = async ({ me }) => ({ id: me.seller_id });

const stale =
  (make: Make): Provoke =>
  async (attempt) =>
    ask(attempt, { names: await make(attempt), headers: SOMEBODY_ELSES_VERSION });

/** Names a seller who is not there. */
const askForSeller: Provoke = (attempt) => ask(attempt, { suffix: `?seller=${newId()}` });

export const marketCases: Provocations = {
  'POST /sellers': { '409 CONFLICT': (attempt) => ask(attempt, { by: 'seller' }) },
  'PATCH /sellers/:id': {
    '409 CONFLICT': async (attempt) => {
      const business_name = await nameOfRival(attempt);
      return ask(attempt, { names: await seller(attempt), body: { business_name } });
    },
    '412 STALE_VERSION': stale(seller),
  },
  'DELETE /sellers/:id': {
    '409 OPEN_ORDERS': async (attempt) => {
      const { strangers, test } = attempt.stage;
      await makeSale(test, { customer: strangers.stranger, seller: attempt.me });
      return ask(attempt, { names: await seller(attempt) });
    },
    '412 STALE_VERSION': stale(seller),
  },
  'POST /sellers/:id/name/approve': {
    '409 CONFLICT': async (attempt) => {
      const { seller_id: id } = await createActor(attempt.stage.test, { role: 'seller' });
      const requested_name = await nameOfRival(attempt);
      const change = { requested_name, name_requested_at: attempt.stage.test.clock.now() };
      const { db } = attempt.stage.test.services;
      await db.updateTable('sellers').set(change).where('id', '=', id).execute();
      return ask(attempt, { names: { id } });
    },
    '409 INVALID_STATUS_TRANSITION': moveSeller('VERIFIED'),
  },
  'POST /sellers/:id/name/refuse': { '409 INVALID_STATUS_TRANSITION': moveSeller('VERIFIED') },
  'POST /sellers/:id/verify': { '409 INVALID_STATUS_TRANSITION': moveSeller('VERIFIED') },
  'POST /sellers/:id/suspend': { '409 INVALID_STATUS_TRANSITION': moveSeller('SUSPENDED') },
  'POST /sellers/:id/reinstate': { '409 INVALID_STATUS_TRANSITION': moveSeller('VERIFIED') },

  'POST /categories': {
    '409 CONFLICT': async (attempt) => {
      const { name } = await createCategory(attempt.stage.test);
      return ask(attempt, { body: { name } });
    },
  },
  'PATCH /categories/:id': {
    '409 CONFLICT': async (attempt) => {
      const { id } = await createCategory(attempt.stage.test);
      const { name } = await createCategory(attempt.stage.test);
      return ask(attempt, { names: { id }, body: { name } });
    },
  },
  'DELETE /categories/:id': {
    '409 CONFLICT': async (attempt) => {
      const { id } = await createCategory(attempt.stage.test);
      await createCategory(attempt.stage.test, { parent_id: id });
      return ask(attempt, { names: { id } });
    },
  },

  'GET /store/products': { '404 NOT_FOUND': askForSeller },
  'GET /products/deleted': { '404 NOT_FOUND': askForSeller },
  'POST /products': {
    '404 NOT_FOUND': (attempt) => {
      const body = { ...(attempt.call.body as object), seller_id: newId() };
      return ask(attempt, { by: 'admin', body });
    },
    '409 CONFLICT': async (attempt) => {
      const { category_id } = await createProduct(attempt.stage.test, attempt.me, { sku: SKU });
      const body = { ...(attempt.call.body as object), category_id, sku: SKU };
      return ask(attempt, { body });
    },
    '409 LIMIT_REACHED': async (attempt) => {
      const { category_id } = await createProduct(attempt.stage.test, attempt.me);
      const body = { ...(attempt.call.body as object), category_id };
      return ask(attempt, { body, through: attempt.stage.instances.narrow });
    },
  },
  'PATCH /products/:id': {
    '409 CONFLICT': async (attempt) =>
      ask(attempt, { names: await product(attempt), body: { unit: 'piece' } }),
    '412 STALE_VERSION': stale(product),
  },
  'DELETE /products/:id': { '412 STALE_VERSION': stale(product) },
  'POST /products/:id/restore': {
    '409 CONFLICT': async (attempt) => ask(attempt, { names: await product(attempt) }),
    '409 LIMIT_REACHED': async (attempt) => {
      const names = await makeRemovedProduct(attempt.stage.test, attempt.me);
      return ask(attempt, { names, through: attempt.stage.instances.narrow });
    },
  },
  'POST /products/:id/images': {
    '409 CONFLICT': async (attempt) => {
      const names = await product(attempt);
      await fillGallery(attempt, names.id);
      return ask(attempt, { names });
    },
    '415 UNSUPPORTED_MEDIA_TYPE': async (attempt) =>
      ask(attempt, { names: await product(attempt), body: Buffer.from('no image') }),
    '503 SERVICE_UNAVAILABLE': async (attempt) => {
      const { system } = attempt.stage.test;
      const names = await product(attempt);
      const image = await sharp({
        create: { width: 9, height: 9, channels: 3, background: 'red' },
      })
        .png()
        .toBuffer();
      return amongCrowd(
        () => encodeOriginal(system, image),
        () => ask(attempt, { names }),
      );
    },
  },
  'POST /products/:id/lots': {
    '409 LIMIT_REACHED': async (attempt) =>
      ask(attempt, { names: await product(attempt), through: attempt.stage.instances.narrow }),
  },
  'POST /products/:id/lots/:lot_id/adjust': {
    '409 LIMIT_REACHED': async (attempt) => {
      const { narrow } = attempt.stage.instances;
      const { id } = await makeLot(attempt.stage.test, attempt.me);
      const part_id = await makeEmptyLot(attempt, id);
      const body = { delta: '1', reason: 'COUNT' };
      return ask(attempt, { names: { id, part_id }, body, through: narrow });
    },
    '409 CONFLICT': async (attempt) => {
      const names = await makeLot(attempt.stage.test, attempt.me);
      return ask(attempt, { names, body: { delta: '-99999', reason: 'SPOILAGE' } });
    },
  },

  'POST /promos': {
    '409 LIMIT_REACHED': async (attempt) => {
      const product_ids = [(await product(attempt)).id];
      const body = { ...(attempt.call.body as object), product_ids };
      return ask(attempt, { body, through: attempt.stage.instances.narrow });
    },
  },
  'PATCH /promos/:id': {
    '409 LIMIT_REACHED': async (attempt) => {
      const names = await promo(attempt);
      const { db } = attempt.stage.test.services;
      const now = attempt.stage.test.clock.now();
      const over = { starts_at: plusMs(now, -2 * DAY_MS), ends_at: plusMs(now, -DAY_MS) };
      await db.updateTable('promos').set(over).where('id', '=', names.id).execute();
      const body = { ends_at: plusMs(now, DAY_MS).toISOString() };
      return ask(attempt, { names, body, through: attempt.stage.instances.narrow });
    },
    '412 STALE_VERSION': stale(promo),
  },
  'DELETE /promos/:id': { '412 STALE_VERSION': stale(promo) },
};

function moveSeller(sellerStatus: 'VERIFIED' | 'SUSPENDED'): Provoke {
  return async (attempt) => {
    const moved = await createActor(attempt.stage.test, { role: 'seller', sellerStatus });
    return ask(attempt, { names: { id: moved.seller_id } });
  };
}

async function nameOfRival({ stage: { test, strangers } }: Attempt): Promise<string> {
  const { business_name } = await test.services.db
    .selectFrom('sellers')
    .select('business_name')
    .where('id', '=', strangers.rival.seller_id)
    .executeTakeFirstOrThrow();
  return business_name;
}

async function makeEmptyLot({ stage: { test } }: Attempt, product_id: string): Promise<string> {
  const id = newId();
  const now = test.clock.now();
  const life = { harvested_at: now, expires_at: plusMs(now, DAY_MS), created_at: now };
  await test.services.db
    .insertInto('lots')
    .values({ id, product_id, ...life })
    .execute();
  return id;
}

/** Copies one image until no more fit. */
async function fillGallery({ stage: { test }, me }: Attempt, product_id: string): Promise<void> {
  const { db } = test.services;
  const { part_id: source_id = '' } = await makeImage(test, me);
  const image = await db
    .selectFrom('product_images')
    .selectAll()
    .where('id', '=', source_id)
    .executeTakeFirstOrThrow();
  const copies = Array.from({ length: MAX_IMAGES }, (_, i) => ({
    ...image,
    id: newId(),
    product_id,
    position: i + 1,
  }));
  await db.insertInto('product_images').values(copies).execute();
}
