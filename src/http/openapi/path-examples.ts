// What documents show for the parameters in paths: objects of the demo market, so that a call can be tried as it stands.
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

/** By the path up to the parameter. Sessions, images and reviews differ from market to market. */
const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  '/auth/sessions/{id}': demoId(81),
  '/users/{id}': DEMO_PEOPLE.customer.id,
  '/users/me/addresses/{id}': DEMO_ADDRESS.id,
  '/sellers/{id}': DEMO_SELLER.id,
  '/categories/{id}': DEMO_CATEGORIES['Fruit Vegetables'].id,
  '/products/{id}': PRODUCT.id,
  '/products/{id}/images/{image_id}': demoId(82),
  '/products/{id}/lots/{lot_id}': DEMO_LOT_ID,
  '/promos/{id}': DEMO_PROMO.id,
  '/reviews/{id}': demoId(83),
  '/favorites/{product_id}': PRODUCT.id,
  '/cart/items/{product_id}': PRODUCT.id,
  '/orders/{id}': DEMO_ORDER.id,
  '/payments/{id}': DEMO_ORDER.payment_id,
  '/webhooks/payments/{provider}': 'simulator',
};

/** The example of parameter `name` of `path`, written as in the documents; undefined where there is none. */
export function pathExample(path: string, name: string): string | undefined {
  const parameter = `{${name}}`;
  const end = path.indexOf(parameter) + parameter.length;
  return PATH_EXAMPLES[path.slice(0, end).replace(/^\/api\/v\d+/, '')];
}
