// Every kind of object that a route names, in each relation that a caller can have to it.
import { newId } from '../../src/lib/ids.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';
import { createCategory } from '../support/builders.ts';
import type { CallerKind } from './cast.ts';
import type { Names } from './fixtures.ts';
import * as fixtures from './fixtures.ts';
import * as money from './money.fixtures.ts';

/**
 * - `own`: it is the caller's
 * - `sold`: an order with a seller order that is the caller's to fulfil
 * - `public`: another's, and everybody may see it
 * - `private`: another's, and for all but its owner and admins it does not exist
 * - `crossed`: another's, addressed below what is the caller's
 * - `absent`: it does not exist
 */
export type Relation = 'own' | 'sold' | 'public' | 'private' | 'crossed' | 'absent';

export interface Scene {
  readonly test: TestApp;
  /** The caller; the stranger where nobody calls. */
  readonly me: TestActor;
  /** A verified customer. */
  readonly stranger: TestActor;
  /** A verified seller. */
  readonly rival: TestActor;
  /** A seller whom nobody has verified yet. */
  readonly newcomer: TestActor;
}

type Make = (scene: Scene) => Promise<Names>;

export interface Making {
  readonly callers: readonly CallerKind[];
  readonly make: Make;
}

export type ObjectKind = Readonly<Partial<Record<Exclude<Relation, 'absent'>, Making>>>;

const SELLERS: readonly CallerKind[] = ['seller', 'pending', 'suspended'];
const CUSTOMERS: readonly CallerKind[] = [
  'unverified',
  'customer',
  ...SELLERS,
  'revoked',
  'expired',
];
const USERS: readonly CallerKind[] = [...CUSTOMERS, 'admin'];
const EVERYBODY: readonly CallerKind[] = [...USERS, 'nobody'];

const ofSellers = (make: Make): Making => ({ callers: SELLERS, make });
const ofCustomers = (make: Make): Making => ({ callers: CUSTOMERS, make });
const ofUsers = (make: Make): Making => ({ callers: USERS, make });
const toEverybody = (make: Make): Making => ({ callers: EVERYBODY, make });

const bought = ({ me, rival }: Scene) => ({ customer: me, seller: rival });
const sold = ({ me, stranger }: Scene) => ({ customer: stranger, seller: me });
const others = ({ stranger, rival }: Scene) => ({ customer: stranger, seller: rival });

type MakeFor = (test: TestApp, seller: TestActor) => Promise<Names>;

/** The caller's and another seller's, which nobody else may work on. */
function keptBySeller(make: MakeFor) {
  return {
    own: ofSellers((s) => make(s.test, s.me)),
    private: toEverybody((s) => make(s.test, s.rival)),
  };
}

/** The same of things below a product, and another's below a product of the caller's. */
function keptBelowProduct(make: MakeFor) {
  return {
    ...keptBySeller(make),
    crossed: ofSellers(async (s) => {
      const { id } = await fixtures.makeProduct(s.test, s.me);
      return { ...(await make(s.test, s.rival)), id };
    }),
  };
}

export const ABSENT = toEverybody(async () => ({ id: newId(), part_id: newId() }));

export const SESSION: ObjectKind = {
  own: ofUsers((s) => fixtures.makeSession(s.test, s.me)),
  private: toEverybody((s) => fixtures.makeSession(s.test, s.stranger)),
};
export const ADDRESS: ObjectKind = {
  own: ofUsers((s) => fixtures.makeAddress(s.test, s.me)),
  private: toEverybody((s) => fixtures.makeAddress(s.test, s.stranger)),
};
export const USER: ObjectKind = {
  private: toEverybody(async (s) => ({ id: (await createActor(s.test)).user_id })),
};
/** Somebody with a second factor. */
export const ENROLLED_USER: ObjectKind = {
  private: toEverybody((s) => fixtures.makeEnrolledUser(s.test)),
};
export const REMOVED_USER: ObjectKind = {
  private: toEverybody((s) => fixtures.makeRemovedUser(s.test)),
};

export const SELLER: ObjectKind = {
  own: ofSellers(async (s) => ({ id: s.me.seller_id })),
  public: toEverybody(async (s) => ({ id: s.rival.seller_id })),
  private: toEverybody(async (s) => ({ id: s.newcomer.seller_id })),
};
export const SUSPENDED_SELLER: ObjectKind = {
  private: toEverybody(async ({ test }) => {
    const actor = await createActor(test, { role: 'seller', sellerStatus: 'SUSPENDED' });
    return { id: actor.seller_id };
  }),
};
/** One whose new name waits. */
export const RENAMED_SELLER: ObjectKind = {
  private: toEverybody(async ({ test }) => {
    const { seller_id: id } = await createActor(test, { role: 'seller' });
    const change = { requested_name: `Bagong ${id}`, name_requested_at: test.clock.now() };
    await test.services.db.updateTable('sellers').set(change).where('id', '=', id).execute();
    return { id };
  }),
};
/** What a seller's profile does not show. */
export const SELLERS_BOOKS = keptBySeller(async (_test, seller) => ({ id: seller.seller_id }));

export const CATEGORY: ObjectKind = { public: toEverybody((s) => createCategory(s.test)) };
/** As customers see it: own and private ones are not on sale. */
export const PRODUCT: ObjectKind = {
  own: ofSellers((s) => fixtures.makeDraft(s.test, s.me)),
  public: toEverybody((s) => fixtures.makeProduct(s.test, s.rival)),
  private: toEverybody((s) => fixtures.makeDraft(s.test, s.rival)),
};
/** As its seller works on it. */
export const KEPT_PRODUCT = keptBySeller(fixtures.makeProduct);
export const REMOVED_PRODUCT = keptBySeller(fixtures.makeRemovedProduct);
export const IMAGE = keptBelowProduct(fixtures.makeImage);
export const LOT = keptBelowProduct(fixtures.makeLot);

/** As customers see it: own and private ones have not begun. */
export const PROMO: ObjectKind = {
  own: ofSellers((s) => fixtures.makePromo(s.test, s.me, 1)),
  public: toEverybody((s) => fixtures.makePromo(s.test, s.rival, -1)),
  private: toEverybody((s) => fixtures.makePromo(s.test, s.rival, 1)),
};
/** As its seller works on it. */
export const KEPT_PROMO = keptBySeller((test, seller) => fixtures.makePromo(test, seller, -1));

export const REVIEW: ObjectKind = {
  own: ofCustomers((s) => fixtures.makeReview(s.test, bought(s))),
  public: toEverybody((s) => fixtures.makeReview(s.test, others(s))),
};
/** Own is a review of what the caller sells. */
export const REVIEW_OF_SALE: ObjectKind = {
  own: ofSellers((s) => fixtures.makeReview(s.test, sold(s))),
  public: toEverybody((s) => fixtures.makeReview(s.test, others(s))),
};
/** Own is what the caller has received. */
export const REVIEWABLE_PRODUCT: ObjectKind = {
  ...PRODUCT,
  own: ofCustomers(async (s) => (await fixtures.makeDeliveredSale(s.test, bought(s))).product),
};

export const CART_LINE: ObjectKind = {
  own: ofCustomers((s) => fixtures.putInCart(s.test, bought(s))),
  private: toEverybody((s) => fixtures.putInCart(s.test, others(s))),
};
/** An address to order to, for a caller with something in the cart. */
export const DELIVERY_ADDRESS: ObjectKind = {
  own: ofCustomers(async (s) => {
    await fixtures.putInCart(s.test, bought(s));
    return fixtures.makeAddress(s.test, s.me);
  }),
  private: toEverybody(async (s) => {
    await fixtures.putInCart(s.test, bought(s));
    return fixtures.makeAddress(s.test, s.stranger);
  }),
};
export const ORDER: ObjectKind = {
  own: ofCustomers(async (s) => (await fixtures.makeSale(s.test, bought(s))).order),
  sold: ofSellers(async (s) => (await fixtures.makeSale(s.test, sold(s))).order),
  private: toEverybody(async (s) => (await fixtures.makeSale(s.test, others(s))).order),
};
export const PAYMENT: ObjectKind = {
  own: ofCustomers(async (s) => (await fixtures.makeSale(s.test, bought(s), 'GCASH')).payment),
  sold: ofSellers(async (s) => (await fixtures.makeSale(s.test, sold(s), 'GCASH')).payment),
  private: toEverybody(async (s) => (await fixtures.makeSale(s.test, others(s), 'GCASH')).payment),
};
export const PAID_PAYMENT: ObjectKind = {
  own: ofCustomers((s) => fixtures.makePaidPayment(s.test, bought(s))),
  sold: ofSellers((s) => fixtures.makePaidPayment(s.test, sold(s))),
  private: toEverybody((s) => fixtures.makePaidPayment(s.test, others(s))),
};
/** Admins' alone. */
export const CASH_SESSION: ObjectKind = {
  private: toEverybody((s) => money.makeCashSession(s.test)),
};
export const PAYOUT_RUN: ObjectKind = {
  private: toEverybody((s) => money.makePayoutRun(s.test)),
};
export const PAYOUT: ObjectKind = {
  private: toEverybody((s) => money.makeStartedPayout(s.test)),
};
/** A seller who has said where to be paid. */
export const PAID_SELLER = keptBySeller(async (test, seller) => {
  await money.setOldDestination(test, seller);
  return { id: seller.seller_id };
});
export const PROVIDER: ObjectKind = { public: toEverybody(async () => ({ id: 'simulator' })) };
