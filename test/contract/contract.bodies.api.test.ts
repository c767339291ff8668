// The fields that clients build on, as the contract lists them: what requests need and may hold, what answers always
// have. More may be added; none of these may be renamed, and nothing more may be demanded.
import { describe, expect, it } from 'vitest';
import { nameOf, routes } from '../authorization/routes.ts';

interface Body {
  /** The route that takes and answers it. */
  readonly route: string;
  /** Fields of the request; `?` after those that may be left out. */
  readonly request?: string;
  /** Fields of the answer; `?` after those that may be null. */
  readonly answer?: string;
  /** Where in the answer they are; at its top by default. */
  readonly at?: readonly string[];
}

const PAYMENT =
  'id order_id payment_method payment_status amount refunded_amount currency checkout_url? expires_at?';

const BODIES: readonly Body[] = [
  {
    route: 'POST /auth/register',
    request:
      'user_name user_email user_phone password first_name last_name terms_accepted language?',
    answer:
      'user_name user_email user_phone first_name last_name id role seller_id? email_verified phone_verified is_active created_at updated_at',
  },
  {
    route: 'POST /auth/login',
    request: 'user_email password otp?',
    answer: 'access refresh token_type expires_in user',
  },
  { route: 'POST /auth/login/refresh', request: 'refresh', answer: 'access refresh expires_in' },
  { route: 'POST /auth/logout', request: 'refresh' },
  {
    route: 'GET /auth/verification-status',
    answer: 'verification_status message can_perform_actions',
  },
  { route: 'POST /auth/verify/email', request: 'code' },
  { route: 'POST /auth/verify/phone', request: 'code' },
  { route: 'POST /auth/password/forgot', request: 'user_email', answer: 'message reset_id' },
  { route: 'POST /auth/step-up', request: 'password otp?', answer: 'valid_until' },
  { route: 'POST /auth/password/reset', request: 'user_email reset_id code new_password' },
  { route: 'POST /auth/password/change', request: 'current_password new_password' },
  {
    route: 'POST /users/me/addresses',
    request:
      'label recipient_name recipient_phone street landmark? barangay_code zip_code? is_default?',
    answer:
      'label recipient_name recipient_phone street landmark? barangay_code zip_code? is_default id barangay city province? region',
  },
  {
    route: 'POST /sellers',
    request:
      'business_name business_phone description? street barangay_code zip_code? terms_accepted',
    answer:
      'business_name business_phone description? street barangay_code zip_code? id user_id slug status rating? review_count product_count follower_count',
  },
  {
    route: 'POST /categories',
    request: 'name parent_id? description?',
    answer: 'name parent_id? description? id slug product_count',
  },
  {
    route: 'POST /products',
    request:
      'name category_id description unit price shelf_life_days handling_hours? sku? srp? tax_class? origin? is_active?',
    answer:
      'name category_id description unit price shelf_life_days handling_hours sku? srp? tax_class origin? is_active',
  },
  {
    route: 'GET /products/:id',
    answer:
      'id slug seller category currency current_price promo? freshness? harvested_at? days_left? available_quantity rating? review_count sell_count images version created_at updated_at',
  },
  { route: 'GET /products/:id', at: ['seller'], answer: 'id business_name' },
  { route: 'GET /products/:id', at: ['category'], answer: 'id name' },
  {
    route: 'POST /products/:id/lots',
    request: 'quantity harvested_at expires_at?',
    answer:
      'quantity harvested_at expires_at id product_id quantity_on_hand quantity_reserved freshness',
  },
  { route: 'POST /products/:id/lots/:lot_id/adjust', request: 'delta reason note?' },
  {
    route: 'GET /products/:id/movements',
    answer: 'id lot_id delta reason reference? created_at',
  },
  {
    route: 'POST /cart/items',
    request: 'product_id quantity',
    answer: 'items total_items total_amount',
  },
  {
    route: 'GET /cart',
    at: ['items'],
    answer: 'id product_id product_name unit quantity unit_price line_total is_available warnings',
  },
  { route: 'PUT /cart/items/:product_id', request: 'quantity' },
  {
    route: 'POST /orders/checkout',
    request: 'address_id payment_method cart_item_ids? notes? expected_total?',
    answer: 'order payment',
  },
  { route: 'POST /orders/checkout', at: ['payment'], answer: PAYMENT },
  {
    route: 'GET /orders/:id',
    answer:
      'id order_number order_status payment_status subtotal discount delivery_fee total_amount currency items seller_orders shipping_address placed_at',
  },
  {
    route: 'GET /orders/:id',
    at: ['items'],
    answer: 'id product_id product_name seller_id unit quantity unit_price line_total',
  },
  {
    route: 'GET /orders/:id',
    at: ['seller_orders'],
    answer: 'id seller_id order_status total_amount',
  },
  { route: 'PATCH /orders/:id/status', request: 'order_status reason? seller_order_id?' },
  { route: 'GET /payments/:id', answer: PAYMENT },
  {
    route: 'POST /payments/:id/refunds',
    request: 'amount reason seller_order_id?',
    answer: PAYMENT,
  },
  { route: 'POST /dev/payments/:payment_id/simulate', request: 'outcome deliver?' },
  {
    route: 'POST /promos',
    request:
      'name description? discount_type discount_value starts_at ends_at product_ids is_active?',
    answer:
      'name description? discount_type discount_value starts_at ends_at product_ids is_active id seller_id version',
  },
  {
    route: 'POST /reviews',
    request: 'product_id rating comment',
    answer: 'product_id rating comment id reviewer_name reply? created_at',
  },
];

const titled = BODIES.map((body) => [[body.route, ...(body.at ?? [])].join(' '), body] as const);
const findRoute = (name: string) => routes.find((candidate) => nameOf(candidate) === name);

describe('a request needs no more than it says:', () => {
  it.each(titled.filter(([, { request }]) => request))('%s', (_title, { route, request }) => {
    const { fields, demanded, preset } = shapeOf(findRoute(route)?.body);
    expect(demanded.filter((field) => !preset.includes(field)).sort()).toEqual(named(request, ''));
    expect(fields).toEqual(expect.arrayContaining(named(request, '?')));
  });
});

describe('an answer always has what it says:', () => {
  it.each(titled.filter(([, { answer }]) => answer))('%s', (_title, { route, answer, at = [] }) => {
    const found = findRoute(route);
    const whole = found?.kind === 'list' ? found.item : found?.returns;
    const { demanded, nullable } = shapeOf(at.reduce(memberOf, whole));
    const promised = [...named(answer, ''), ...named(answer, '?')];
    expect(demanded).toEqual(expect.arrayContaining(promised));
    expect(nullable.filter((field) => promised.includes(field)).sort()).toEqual(named(answer, '?'));
  });
});

it('no answer holds anything of a password', () => {
  const answers = routes.map((route) => (route.kind === 'list' ? route.item : route.returns));
  expect(JSON.stringify(answers)).not.toMatch(/"[^"]*password[^"]*":/);
});

/** The names with this mark behind them, without it. */
function named(fields = '', mark: '' | '?' = ''): string[] {
  const names = fields
    .split(' ')
    .filter((name) => name !== '' && name.endsWith('?') === (mark === '?'));
  return names.map((name) => name.replace('?', '')).sort();
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly anyOf?: readonly { readonly type?: string }[];
}

function shapeOf(schema: JsonSchema | undefined) {
  const members = Object.entries(schema?.properties ?? {});
  const isNullable = ({ anyOf = [] }: JsonSchema) => anyOf.some(({ type }) => type === 'null');
  return {
    fields: members.map(([name]) => name),
    demanded: schema?.required ?? [],
    preset: members.filter(([, member]) => member.default !== undefined).map(([name]) => name),
    nullable: members.filter(([, member]) => isNullable(member)).map(([name]) => name),
  };
}

/** A member of an object, or of each object of a list. */
function memberOf(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const member = schema?.properties?.[name];
  return member?.items ?? member;
}
