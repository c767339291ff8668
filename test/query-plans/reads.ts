// What is asked of every GET of the API: the routes by name, each with who asks and which filters and orderings.
import { HOUR_MS, plusMs } from '../../src/lib/time.ts';
import { TEST_START } from '../support/clock.ts';
import type { Subjects } from './market.ts';

/** Before which few seller orders are due, and before which all. */
const [SOON, LATER] = [3, 100].map((hours) => plusMs(TEST_START, hours * HOUR_MS).toISOString());

export interface Read {
  readonly as: 'nobody' | 'customer' | 'seller' | 'admin';
  /** Below the version. */
  readonly path: string;
  /** Without paging; empty for none. */
  readonly query: string;
}

/** By name of the route, such as `GET /products`. */
export function readsOf(of: Subjects): Readonly<Record<string, readonly Read[]>> {
  return {
    ...accounts(of),
    ...market(of),
    ...products(of),
    ...orders(of),
    ...money(of),
    ...platform(of),
  };
}

function accounts(of: Subjects) {
  return {
    'GET /auth/permissions': asked('customer', '/auth/permissions'),
    'GET /auth/sessions': asked('customer', '/auth/sessions'),
    'GET /auth/verification-status': asked('customer', '/auth/verification-status'),
    'GET /users/me': [...asked('customer', '/users/me'), ...asked('seller', '/users/me')],
    'GET /users': asked('admin', '/users', [
      '',
      'role=customer',
      'role=admin',
      'is_active=false',
      'verified=false',
      'role=seller&verified=true&is_active=true',
      'search=santos',
      'search=reyes77',
      'search=nobody-at-all',
      'created_from=2025-01-01T00:00:00Z&created_to=2025-02-01T00:00:00Z',
      ...withDirections(['user_name', 'user_email', 'last_name', 'created_at']),
      'ordering=last_name,user_name',
      'role=customer&ordering=user_email',
    ]),
    'GET /users/:id': asked('admin', `/users/${of.customer}`),
    'GET /users/me/addresses': asked('customer', '/users/me/addresses'),
    'GET /users/me/addresses/:id': asked('customer', `/users/me/addresses/${of.address}`),
  };
}

function market(of: Subjects) {
  return {
    'GET /places': asked('nobody', '/places', [
      '',
      'parent=1380600000',
      'search=ermita',
      'search=san',
      'parent=1300000000&search=pob',
    ]),
    'GET /sellers': [
      ...asked('nobody', '/sellers', [
        '',
        'search=nena',
        'search=luring%209',
        'search=nothing',
        'name_requested=true',
      ]),
      ...asked('admin', '/sellers', [
        '',
        'status=PENDING',
        'status=SUSPENDED&search=ani',
        'name_requested=true',
        'name_requested=false',
      ]),
    ],
    'GET /sellers/:id': asked('nobody', `/sellers/${of.seller}`),
    'GET /categories': asked('nobody', '/categories', ['', `parent_id=${of.category}`]),
    'GET /categories/:id': asked('nobody', `/categories/${of.category}`),
    'GET /promos': [
      ...asked('nobody', '/promos', ['', 'status=active', `seller=${of.seller}`]),
      ...asked('seller', '/promos', ['', 'status=ended']),
      ...asked('admin', '/promos', [
        '',
        ...['inactive', 'scheduled', 'active', 'ended'].map((status) => `status=${status}`),
        `status=scheduled&seller=${of.small_seller}`,
      ]),
    ],
    'GET /promos/:id': asked('admin', `/promos/${of.promo}`),
  };
}

function products(of: Subjects) {
  const product = `/products/${of.product}`;
  const seller = `seller=${of.seller}`;
  const rare = 'category=rare-goods';
  return {
    'GET /products': asked('nobody', '/products', [
      '',
      ...filters(of),
      ...withDirections(['price', 'created_at', 'name', 'sell_count', 'rating']),
      'ordering=price,-created_at',
      'ordering=-rating,price',
      ...filters(of).flatMap((filter) =>
        ['price', '-rating'].map((ordering) => `${filter}&ordering=${ordering}`),
      ),
      `${rare}&in_stock=true&on_promo=true`,
      `${rare}&price_max=100&ordering=-rating`,
      `${seller}&category=rice-corn&freshness=FRESH`,
      'on_promo=true&in_stock=false&freshness=SLIGHTLY_WITHERED',
      'price_min=400&price_max=410&in_stock=true&min_days_left=10&ordering=-sell_count',
    ]),
    'GET /products/:id': [...asked('nobody', product), ...asked('seller', product)],
    'GET /products/deleted': [
      ...asked('seller', '/products/deleted'),
      ...asked('admin', '/products/deleted', ['', seller]),
    ],
    'GET /store/products': [
      ...asked('seller', '/store/products', [
        '',
        'search=kamatis',
        'search=nothing',
        `category_id=${of.leaf_category}`,
        `category_id=${of.rare_category}`,
        'is_active=false',
        'in_stock=false&is_active=true',
      ]),
      ...asked('admin', '/store/products', [`seller=${of.small_seller}`]),
    ],
    'GET /products/:id/lots': asked('seller', `${product}/lots`),
    'GET /products/:id/movements': asked('seller', `${product}/movements`, [
      '',
      `lot_id=${of.lot}`,
    ]),
    'GET /products/:id/reviews': [
      ...asked('nobody', `${product}/reviews`),
      ...asked('seller', `${product}/reviews`),
      ...asked('admin', `${product}/reviews`),
    ],
    'GET /favorites': asked('customer', '/favorites'),
  };
}

/** Each filter of products, common and rare, and how they combine. */
function filters(of: Subjects): string[] {
  return [
    'category=vegetables',
    'category=leafy-vegetables',
    'category=rare-goods',
    'category=nothing',
    `seller=${of.seller}`,
    `seller=${of.small_seller}`,
    'price_max=12',
    'price_min=100&price_max=200',
    'freshness=FRESH',
    'freshness=SLIGHTLY_WITHERED',
    'freshness=ROTTEN',
    'min_days_left=4',
    'min_days_left=60',
    'in_stock=true',
    'in_stock=false',
    'on_promo=true',
    'on_promo=false',
    'search=kamatis',
    'search=bitter%20gourd',
    'search=harvest',
    'search=f',
    'search=ampalaia',
    'search=zzzzzz',
    'search=tomato&category=fruits&in_stock=true',
  ];
}

function orders(of: Subjects) {
  const [order, seller] = [`/orders/${of.order}`, `/sellers/${of.seller}`];
  return {
    'GET /cart': asked('customer', '/cart'),
    'GET /orders': [
      ...asked('customer', '/orders', [
        '',
        'order_status=CANCELLED',
        'order_status=PENDING',
        'archived=true',
      ]),
      ...asked('seller', '/orders', [
        'as=seller',
        'as=seller&order_status=SHIPPED',
        'as=seller&order_status=REFUNDED',
        `as=seller&due_before=${SOON}`,
      ]),
      ...asked('admin', '/orders', [
        '',
        'order_status=SHIPPED',
        'order_status=REFUNDED',
        'archived=true',
        'archived=false',
        `due_before=${SOON}`,
        `due_before=${LATER}`,
        'archived=true&order_status=CANCELLED',
      ]),
    ],
    'GET /orders/:id': [
      ...asked('customer', order),
      ...asked('customer', `/orders/${of.order_number}`),
      ...asked('admin', order),
    ],
    'GET /orders/:id/events': [
      ...asked('customer', `${order}/events`),
      ...asked('admin', `/orders/${of.big_order}/events`),
    ],
    'GET /sellers/:id/orders': asked('seller', `${seller}/orders`),
    'GET /sellers/:id/customers': asked('seller', `${seller}/customers`),
    'GET /payments': [
      ...asked('customer', '/payments', ['', `order_id=${of.order}`]),
      ...asked('admin', '/payments', ['', `order_id=${of.order}`]),
    ],
    'GET /payments/:id': asked('customer', `/payments/${of.payment}`),
  };
}

function money(of: Subjects) {
  const [seller, sessions] = [`/sellers/${of.seller}`, '/admin/cash-sessions'];
  return {
    'GET /admin/cash-sessions': asked('admin', sessions, ['', 'status=OPEN', 'status=CLOSED']),
    'GET /admin/cash-sessions/:id': asked('admin', `${sessions}/${of.cash_session}`),
    'GET /admin/uncollected-cash': asked('admin', '/admin/uncollected-cash'),
    'GET /sellers/:id/balance': asked('seller', `${seller}/balance`),
    'GET /sellers/:id/payouts': asked('seller', `${seller}/payouts`),
    'GET /sellers/:id/payout-destination': asked('seller', `${seller}/payout-destination`),
    'GET /sellers/:id/statement': asked('seller', `${seller}/statement`, [
      '',
      'month=2026-01&format=json',
    ]),
    'GET /admin/payout-runs': asked('admin', '/admin/payout-runs'),
    'GET /admin/payout-runs/:id': asked('admin', `/admin/payout-runs/${of.payout_run}`),
    'GET /admin/payout-runs/:id/file': asked('admin', `/admin/payout-runs/${of.payout_run}/file`, [
      '',
      'rail=INSTAPAY&format=json',
    ]),
  };
}

function platform(of: Subjects) {
  return {
    'GET /audit-logs': asked('admin', '/audit-logs', [
      '',
      `actor_id=${of.customer}`,
      `actor_id=${of.quiet_customer}`,
      'action=session.started',
      'action=seller.removed',
      'object_type=order',
      `object_type=order&object_id=${of.order}`,
      `object_id=${of.order}`,
      'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
      `actor_id=${of.customer}&action=order.placed&from=2026-01-01T00:00:00Z`,
    ]),
  };
}

function asked(as: Read['as'], path: string, queries: readonly string[] = ['']): Read[] {
  return queries.map((query) => ({ as, path, query }));
}

function withDirections(fields: readonly string[]): string[] {
  return fields.flatMap((field) => [`ordering=${field}`, `ordering=-${field}`]);
}
