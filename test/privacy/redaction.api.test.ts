// Every name that the API gives to a value is either public, and may be logged, or sensitive, and never is. A new name
// fails here until somebody has decided which.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestApp, type TestApp } from '../support/app.ts';

const SECRET = 'kalabasa-ng-bayan';

/** Secrets, what names, reaches or locates a person, and what a person wrote. */
const SENSITIVE = names(`
  access refresh password current_password new_password secret otp otpauth_url recovery_codes code
  user_name user_email user_phone first_name last_name business_phone reviewer_name user_agent
  label recipient_name recipient_phone street landmark barangay barangay_code zip_code shipping_address
  note notes to search comment reply checkout_url return_url cancel_url
  pending_email pending_phone reset_id claim_id token
  rider_name account_name account_number account_ends_with csv explanation
`);

/** Ids, numbers, states, times, and what every visitor may read. */
const PUBLIC = names(`
  Idempotency-Key If-Match If-None-Match action actor_id actor_role address_id amount archived
  archived_at as available_quantity business_name cache can_perform_actions cart_item_ids category
  category_id changes checks city count count_capped cpu_percent created_at created_from created_to
  currency current_price cursor data database days_left deleted_at delivery_fee delta description
  detail discount discount_type discount_value disk_percent due_at due_before email_verified ends_at errors
  expected_total expires_at expires_in follower_count freshness from from_status handling_hours
  harvested_at has_more id image image_id images in_stock instance ip_prefix is_active is_available
  is_current is_default items jobs known_versions language large last_used_at latency_ms level limit line_total
  list_price lot_id maximum maximum_amount medium memory_percent message mfa_enabled min_days_left name name_requested next next_cursor
  object_id object_type on_promo open_count open_seller_orders order order_count order_id order_number order_numbers order_status ordering
  origin page page_size parent parent_code parent_id payment payment_method payment_status
  period_seconds permissions phone_verified placed_at pointer previous price price_max price_min product_count
  product_id product_ids product_name products promo provider province quantity quantity_on_hand
  quantity_reserved rate_limit rating reason reference refundable_amount refunded_amount region replied_at request_id requested_name results
  review_count role rule sell_count seller seller_id seller_order_id seller_orders setting shelf_life_days sku
  slug small srp starts_at status storage subtotal system tax_class terms_accepted timestamp title
  to_status token_type total_amount total_items type unit unit_price updated_at urls user user_id valid_until
  verification_status verified version warnings
  available bank_code booked_at cash_collector changed_at closed_at closing_balance commission counted_amount
  created_by decided_at decided_by delivered_at difference expected_amount format held_until in_payout is_closed
  kind lines minimum_amount month opened_at opening_balance orders outcome owed payout_count payout_id
  payout_total payouts pending rail seller_order_ids
`);

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/).filter(Boolean);
}

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

/** Members of all bodies and names of all parameters, in both versions. */
async function namesOfTheApi(): Promise<readonly string[]> {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, name, in: place } = node as Record<string, unknown>;
    if (typeof properties === 'object' && properties !== null)
      for (const property of Object.keys(properties)) found.add(property);
    if (typeof name === 'string' && typeof place === 'string') found.add(name);
    for (const [key, child] of Object.entries(node)) if (!/^examples?$/.test(key)) walk(child);
  };
  for (const version of ['v1', 'v2']) {
    const answer = await test.call({ path: `/api/${version}/openapi.json` });
    walk(answer.json());
  }
  return [...found];
}

/** What the log makes of a value under that name. */
function logged(name: string): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', pretty: false, version: '1.0.0', destination });
  log.info({ [name]: SECRET, nested: [{ [name]: SECRET }] }, 'a line');
  log.child({ [name]: SECRET }).info('a line of a child');
  return lines.join('');
}

it('every name of the API is judged, and none is left that it no longer has', async () => {
  const judged = [...SENSITIVE, ...PUBLIC];
  expect((await namesOfTheApi()).toSorted()).toEqual(judged.toSorted());
});

it.each(SENSITIVE)('the log never shows %s', (name) => {
  expect(logged(name)).not.toContain(SECRET);
});

it.each(PUBLIC)('the log shows %s', (name) => {
  expect(logged(name)).toContain(`"${name}":"${SECRET}"`);
});
