// What documents show for the parameters in paths: their names as components, and objects of the demo market, so that a
// call can be tried as it stands.
import {
  DEMO_ADDRESS,
  DEMO_CATEGORIES,
  DEMO_LOT_ID,
  DEMO_ORDER,
  DEMO_PEOPLE,
  DEMO_PRODUCTS,
  DEMO_PROMO,
  DEMO_SELLER,
  demoId,
} from '../../lib/demo-market.ts';

const [PRODUCT] = DEMO_PRODUCTS;

interface PathParameter {
  readonly name: string;
  readonly example: string;
}

/** By the path up to the parameter. Sessions, images and reviews differ from market to market. */
const PATH_PARAMETERS: Readonly<Record<string, PathParameter>> = {
  '/auth/sessions/{id}': { name: 'SessionId', example: demoId(81) },
  '/users/{id}': { name: 'UserId', example: DEMO_PEOPLE.customer.id },
  '/users/me/addresses/{id}': { name: 'AddressId', example: DEMO_ADDRESS.id },
  '/sellers/{id}': { name: 'SellerId', example: DEMO_SELLER.id },
  '/categories/{id}': { name: 'CategoryId', example: DEMO_CATEGORIES['Fruit Vegetables'].id },
  '/products/{id}': { name: 'ProductId', example: PRODUCT.id },
  '/products/{id}/images/{image_id}': { name: 'ImageId', example: demoId(82) },
  '/products/{id}/lots/{lot_id}': { name: 'LotId', example: DEMO_LOT_ID },
  '/promos/{id}': { name: 'PromoId', example: DEMO_PROMO.id },
  '/reviews/{id}': { name: 'ReviewId', example: demoId(83) },
  '/favorites/{product_id}': { name: 'ListedProductId', example: PRODUCT.id },
  '/cart/items/{product_id}': { name: 'ListedProductId', example: PRODUCT.id },
  '/orders/{id}': { name: 'OrderId', example: DEMO_ORDER.id },
  '/payments/{id}': { name: 'PaymentId', example: DEMO_ORDER.payment_id },
  '/admin/cash-sessions/{id}': { name: 'CashSessionId', example: demoId(91) },
  '/admin/payout-runs/{id}': { name: 'PayoutRunId', example: demoId(93) },
  '/admin/payouts/{id}': { name: 'PayoutId', example: demoId(94) },
  '/webhooks/payments/{provider}': { name: 'Provider', example: 'simulator' },
};

/** The example of parameter `name` of `path`, written as in the documents; undefined where there is none. */
export function pathExample(path: string, name: string): string | undefined {
  return find(path, name)?.example;
}

/** What the same parameter is called as a component. */
export function pathParameterName(path: string, name: string): string | undefined {
  return find(path, name)?.name;
}

function find(path: string, name: string): PathParameter | undefined {
  const parameter = `{${name}}`;
  const end = path.indexOf(parameter) + parameter.length;
  return PATH_PARAMETERS[path.slice(0, end).replace(/^\/api\/v\d+/, '')];
}
