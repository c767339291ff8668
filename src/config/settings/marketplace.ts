// Rules of the marketplace that its operator sets.
import { Choice, Count, OptionalText } from '../kinds.ts';

export const MARKETPLACE_SETTINGS = {
  COMMISSION_BPS: Count(500, 0, 10_000, 'Default commission in basis points'),
  PAYMENT_PROVIDER: Choice(
    ['simulator', 'none'],
    'Wallet provider for GCash and Maya; `simulator` is refused in production',
    'simulator',
    { production: 'the simulator moves no money', example: 'none' },
  ),
  CUSTOMER_CONTACT_DAYS: Count(
    30,
    1,
    3650,
    'How long after a delivery its seller sees the name, phone, street and notes of the customer',
  ),
  PAYMENT_EXPIRY_MINUTES: Count(15, 3, 1440, 'How long an unpaid wallet order holds its stock'),
  PAYMENT_RETURN_ORIGINS: OptionalText(
    'Origins that a checkout may send the browser back to after the wallet, comma-separated; absent: none, in development those of this machine',
    { kind: 'list of origins', example: 'https://market.example.com' },
  ),
  ORDER_CONFIRM_HOURS: Count(
    24,
    1,
    720,
    'How long a seller has to confirm: from a COD checkout, or from a wallet payment; then it is cancelled',
  ),
  ORDER_SHIP_HOURS: Count(
    72,
    1,
    2160,
    'How long a seller has to ship what is confirmed; then it is cancelled',
  ),
  ORDER_REMIND_HOURS: Count(4, 1, 720, 'How long before these two ends a seller is reminded, once'),
  UNPAID_ORDERS_MAX: Count(
    10,
    1,
    10_000,
    'Open orders that one customer may leave unpaid at a time; three times as many after three deliveries',
  ),
  UNPAID_TOTAL_MAX: Count(
    30_000,
    1,
    9_999_999_999_999,
    'What these may come to, in pesos; three times as much after three deliveries',
  ),
  UNPAID_STOCK_SHARE: Count(
    50,
    1,
    100,
    "Percent of a product's stock that one customer's unpaid orders may hold",
  ),
  UNPAID_STOCK_FREE: Count(
    1_000,
    0,
    9_999_999_999_999,
    'Worth of one product, in pesos, that they may hold whatever its share',
  ),
  CLAIM_WINDOW_HOURS: Count(
    48,
    0,
    2160,
    'How long after a delivery what its seller earned stays pending: its customer may still complain',
  ),
  PAYOUT_MINIMUM: Count(
    200,
    1,
    1_000_000,
    'The least that is paid out to a seller at once, in pesos',
  ),
  SELLER_MAX_PRODUCTS: Count(
    1_000,
    1,
    1_000_000,
    'Products that a seller may have; removed ones count for 30 days',
  ),
  SELLER_MAX_PROMOS: Count(
    100,
    1,
    100_000,
    'Promos of a seller that have not ended, switched off or not',
  ),
  PRODUCT_MAX_LOTS: Count(100, 1, 10_000, 'Lots of a product that are not empty'),
};
