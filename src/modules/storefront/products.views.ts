// A product on the wire: as everybody sees it, and as its seller does.
import { Type } from 'typebox';
import type { Ctx } from '../../context.ts';
import { formatMoney } from '../../lib/money.ts';
import { formatQuantity, UNITS } from '../../lib/quantity.ts';
import {
  Id,
  type Infer,
  Model,
  Money,
  Nullable,
  OneOf,
  Quantity,
  Timestamp,
} from '../../lib/schema.ts';
import { imageUrls, signedImageUrls } from '../catalog/images/image-addresses.rules.ts';
import { TAX_CLASSES } from '../catalog/products/products.service.ts';
import { daysLeft, FRESHNESS, freshnessOf } from '../inventory/inventory.service.ts';
import { mayManage } from '../sellers/sellers.service.ts';
import type { ProductRow } from './lists/product-rows.queries.ts';
import { examples } from './storefront.examples.ts';

const Url = Type.String({
  format: 'uri',
  examples: ['https://api.freshbytes.test/media/0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11/small'],
});
export const ProductImage = Model(
  'ProductImage',
  Type.Object({
    id: Id,
    status: OneOf('ImageStatus', ['PROCESSING', 'READY', 'FAILED'], {
      description: 'The addresses answer once it is READY',
    }),
    urls: Type.Object({ small: Url, medium: Url, large: Url }, { title: 'ImageUrls' }),
  }),
  examples.ProductImage,
);
const ProductPromo = Type.Object(
  {
    id: Id,
    name: Type.String(),
    discount_type: OneOf('DiscountType', ['PERCENTAGE', 'FIXED']),
    discount_value: Type.String({
      description: 'Percent, or pesos off one unit',
      examples: ['10.00'],
    }),
    ends_at: Timestamp,
  },
  { title: 'ProductPromo' },
);
export const Product = Model(
  'Product',
  Type.Object({
    id: Id,
    name: Type.String({ examples: ['Native tomatoes'] }),
    slug: Type.String(),
    description: Type.String(),
    seller: Type.Object({ id: Id, business_name: Type.String() }, { title: 'ProductSeller' }),
    category: Type.Object({ id: Id, name: Type.String() }, { title: 'ProductCategory' }),
    category_id: Id,
    unit: OneOf('Unit', UNITS),
    price: Type.String({ ...Money, description: 'List price of one unit' }),
    current_price: Type.String({
      ...Money,
      description: 'After the promo that is best for the customer',
    }),
    currency: Type.String({ examples: ['PHP'] }),
    srp: Nullable(Type.String({ ...Money, description: 'Suggested retail price' })),
    promo: Nullable(ProductPromo),
    shelf_life_days: Type.Integer(),
    handling_hours: Type.Integer({
      description: 'A lot is not sold in its last hours, which the delivery takes',
    }),
    sku: Nullable(Type.String()),
    tax_class: OneOf('TaxClass', TAX_CLASSES),
    origin: Nullable(Type.String()),
    is_active: Type.Boolean(),
    freshness: Nullable(
      OneOf('Freshness', FRESHNESS, { description: 'Of the lot that is sold next' }),
    ),
    harvested_at: Nullable(Timestamp),
    days_left: Nullable(
      Type.Integer({ description: 'Whole 24 hours until that lot expires, rounded down' }),
    ),
    available_quantity: Quantity,
    rating: Nullable(Type.Number({ description: 'Average of all reviews, 1 to 5' })),
    review_count: Type.Integer(),
    sell_count: Type.Integer({ description: 'Times it was sold' }),
    images: Type.Array(ProductImage),
    version: Type.Integer({ description: 'For `If-Match`' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  }),
  examples.Product,
);
const ProductWarning = Type.Object(
  { code: OneOf('ProductWarningCode', ['PRICE_ABOVE_SRP']), message: Type.String() },
  { title: 'ProductWarning' },
);
export const SellerProduct = Model(
  'SellerProduct',
  Type.Object({
    ...Product.properties,
    warnings: Type.Array(ProductWarning),
    deleted_at: Nullable(Timestamp),
  }),
  examples.SellerProduct,
);
type ProductView = Infer<typeof Product>;

/** Images that could not be made stay between the seller and us. */
export function productView(row: ProductRow, ctx: Ctx): ProductView {
  const view = viewOf(row, ctx);
  return row.images === null
    ? view
    : { ...view, images: view.images.filter((image) => image.status !== 'FAILED') };
}

export function sellerProductView(row: ProductRow, ctx: Ctx): Infer<typeof SellerProduct> {
  const { price_centavos, srp_centavos, deleted_at } = row;
  const isAboveSrp = srp_centavos !== null && price_centavos > srp_centavos;
  const message = `The price is above the suggested retail price of ${formatMoney(srp_centavos ?? 0)}; customers see both.`;
  return {
    ...viewOf(row, ctx),
    warnings: isAboveSrp ? [{ code: 'PRICE_ABOVE_SRP', message }] : [],
    deleted_at: deleted_at?.toISOString() ?? null,
  };
}

type ImageRow = NonNullable<ProductRow['images']>[number];

function imageView({ id, status }: ImageRow, ctx: Ctx): Infer<typeof ProductImage> {
  return { id, status, urls: imageUrls(ctx.config, id) };
}

/** For who may manage the product: its addresses also work while the product is not on sale. */
export function ownImageView({ id, status }: ImageRow, ctx: Ctx): Infer<typeof ProductImage> {
  return { id, status, urls: signedImageUrls(ctx.config, id, ctx.clock.now()) };
}

function viewOf(row: ProductRow, ctx: Ctx): ProductView {
  const now = ctx.clock.now();
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    description: row.description,
    seller: { id: row.seller_id, business_name: row.business_name },
    category: { id: row.category_id, name: row.category_name },
    category_id: row.category_id,
    unit: row.unit,
    price: formatMoney(row.price_centavos),
    current_price: formatMoney(row.current_price_centavos),
    currency: 'PHP',
    srp: row.srp_centavos === null ? null : formatMoney(row.srp_centavos),
    promo: promoView(row),
    shelf_life_days: row.shelf_life_days,
    handling_hours: row.handling_hours,
    sku: row.sku,
    tax_class: row.tax_class,
    origin: row.origin,
    is_active: row.is_active,
    ...lotView(row, now),
    available_quantity: formatQuantity(row.available_milli),
    rating: row.rating,
    review_count: row.review_count,
    sell_count: row.sell_count,
    images: (row.images ?? []).map((image) =>
      mayManage(ctx, row.seller_id) ? ownImageView(image, ctx) : imageView(image, ctx),
    ),
    version: row.version,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function promoView(row: ProductRow): ProductView['promo'] {
  const { promo_id, promo_name, discount_type, discount_hundredths, promo_ends_at } = row;
  if (!promo_id || !promo_name || !discount_type || !discount_hundredths || !promo_ends_at)
    return null;
  return {
    id: promo_id,
    name: promo_name,
    discount_type,
    discount_value: formatMoney(discount_hundredths),
    ends_at: promo_ends_at.toISOString(),
  };
}

function lotView(
  row: ProductRow,
  now: Date,
): Pick<ProductView, 'freshness' | 'harvested_at' | 'days_left'> {
  const { next_lot_harvested_at: harvested_at, next_lot_expires_at: expires_at } = row;
  if (harvested_at === null || expires_at === null)
    return { freshness: null, harvested_at: null, days_left: null };
  return {
    freshness: freshnessOf({ harvested_at, expires_at }, now),
    harvested_at: harvested_at.toISOString(),
    days_left: daysLeft(expires_at, now),
  };
}
