// Things for tests to work with: categories, products and lots, made through the services as their seller would.
import type { OutsideCtx } from '../../src/context.ts';
import { newId } from '../../src/lib/ids.ts';
import {
  createCategory as addCategory,
  type Category,
  type CategoryInput,
} from '../../src/modules/catalog/categories/categories.service.ts';
import {
  createProduct as addProduct,
  type ProductInput,
  type ProductRow,
} from '../../src/modules/catalog/products/products.service.ts';
import { type LotRow, receiveLot } from '../../src/modules/inventory/lots.service.ts';
import type { TestActor } from './actors.ts';
import type { TestApp } from './app.ts';

/** Shelf life of a built product, so that a lot harvested now is sellable for this long. */
export const TEST_SHELF_LIFE_DAYS = 7;

/** A context in which `seller` acts in good standing, whatever their standing in the database. */
export function actingAs(test: TestApp, seller: TestActor): OutsideCtx {
  const { user_id, session_id, seller_id } = seller;
  return {
    ...test.system,
    actor: {
      kind: 'user',
      user_id,
      session_id,
      role: 'seller',
      is_verified: true,
      has_mfa: false,
      proven_at: test.clock.now(),
      seller: { id: seller_id, status: 'VERIFIED' },
    },
  };
}

/** A category of its own name unless one is given. */
export function createCategory(
  test: TestApp,
  overrides: Partial<CategoryInput> = {},
): Promise<Category> {
  return addCategory(test.system, { name: `Vegetables ${newId().slice(-12)}`, ...overrides });
}

/** A product at 100.00 a kilo, on sale if its seller is verified, in a category of its own unless one is given. */
export async function createProduct(
  test: TestApp,
  seller: TestActor,
  overrides: Partial<ProductInput> = {},
): Promise<ProductRow> {
  const category_id = overrides.category_id ?? (await createCategory(test)).id;
  return addProduct(actingAs(test, seller), {
    name: `Kamatis ${newId().slice(-6)}`,
    description: 'Vine-ripened, picked this morning.',
    unit: 'kg',
    price: '100.00',
    shelf_life_days: TEST_SHELF_LIFE_DAYS,
    ...overrides,
    category_id,
  });
}

export interface LotOptions {
  /** Decimal in the product's unit. */
  readonly quantity: string;
  /** Now by default. */
  readonly harvested_at?: Date;
  /** Harvest plus the product's shelf life by default. */
  readonly expires_at?: Date;
}

/** Stock of any product, booked in as an admin would. */
export function createLot(test: TestApp, product_id: string, options: LotOptions): Promise<LotRow> {
  const { quantity, harvested_at = test.clock.now(), expires_at } = options;
  return receiveLot(test.system, product_id, {
    quantity,
    harvested_at: harvested_at.toISOString(),
    ...(expires_at === undefined ? {} : { expires_at: expires_at.toISOString() }),
  });
}
