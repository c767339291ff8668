// What must hold of products.
import { type Invariant, uniqueKey } from '../../db/invariants/invariant.ts';

export const catalogInvariants: readonly Invariant[] = [
  {
    name: 'every product has its stock row, counters and listing',
    sql: `SELECT format('product %s', p.id) AS detail FROM products p
      WHERE NOT EXISTS (SELECT FROM product_stock s WHERE s.product_id = p.id)
        OR NOT EXISTS (SELECT FROM product_counters k WHERE k.product_id = p.id)
        OR NOT EXISTS (SELECT FROM product_listing l WHERE l.product_id = p.id)`,
  },
  uniqueKey(
    'a SKU names one product of a seller',
    'seller_id, sku',
    'products WHERE deleted_at IS NULL AND sku IS NOT NULL',
  ),
  {
    name: 'prices are positive',
    sql: "SELECT format('product %s', id) AS detail FROM products WHERE price_centavos < 1 OR srp_centavos < 1",
  },
];
