// What the documents show of stock: this morning's harvest of the demo seller's tomatoes.
import { DEMO_LOT_ID, DEMO_PRODUCTS, demoId } from '../../lib/demo-market.ts';

export const examples = {
  LotInput: { quantity: '40', harvested_at: '2026-03-02T06:00:00+08:00' },
  Lot: {
    id: DEMO_LOT_ID,
    product_id: DEMO_PRODUCTS[0].id,
    quantity: '80.000',
    quantity_on_hand: '62.500',
    quantity_reserved: '1.500',
    harvested_at: '2026-03-01T22:00:00.000Z',
    expires_at: '2026-03-11T22:00:00.000Z',
    freshness: 'FRESH',
    days_left: 9,
    created_at: '2026-03-02T00:00:00.000Z',
  },
  LotAdjustment: { delta: '-1.5', reason: 'SPOILAGE', note: 'Crushed on the way to the stall' },
  StockMovement: {
    id: demoId(42),
    lot_id: DEMO_LOT_ID,
    delta: '-1.500',
    reason: 'SALE',
    reference: 'OID-2026-000298',
    created_at: '2026-03-02T01:30:00.000Z',
  },
} as const;
