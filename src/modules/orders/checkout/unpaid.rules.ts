// What one customer may leave unpaid: a number of orders, what they come to, and a share of a product's stock. Stock that an
// unpaid order holds is kept from everybody else, and holding it costs nothing.
import { multiplyPrice } from '../../../lib/money.ts';
import { fitsUnit, type Unit } from '../../../lib/quantity.ts';

/** How much more a customer may leave unpaid who has had deliveries before. */
const KNOWN_CUSTOMER_FACTOR = 3;

const CENTAVOS = 100;
const PERCENT = 100;

/** As the settings say it: pesos, and percent. */
export interface UnpaidSettings {
  readonly UNPAID_ORDERS_MAX: number;
  readonly UNPAID_TOTAL_MAX: number;
  readonly UNPAID_STOCK_SHARE: number;
  readonly UNPAID_STOCK_FREE: number;
}

/** What a customer's open unpaid orders may be at most: their number, and what they come to in centavos. */
export function mostUnpaid(
  is_known_customer: boolean,
  settings: UnpaidSettings,
): { readonly orders: number; readonly total_centavos: number } {
  const factor = is_known_customer ? KNOWN_CUSTOMER_FACTOR : 1;
  return {
    orders: settings.UNPAID_ORDERS_MAX * factor,
    total_centavos: settings.UNPAID_TOTAL_MAX * CENTAVOS * factor,
  };
}

export interface SharedProduct {
  readonly unit: Unit;
  readonly list_price_centavos: number;
  /** What the customer's unpaid orders hold already. */
  readonly held_milli: number;
}

/**
 * How much of a product a customer's unpaid orders may hold: the larger of their share and of what is free whatever its
 * share, in thousandths. What everybody can have and what the customer holds are the stock that is shared.
 */
export function mostHeld(
  product: SharedProduct,
  available_milli: number,
  settings: UnpaidSettings,
): number {
  const { unit, list_price_centavos, held_milli } = product;
  const stock_milli = available_milli + held_milli;
  const free_centavos = settings.UNPAID_STOCK_FREE * CENTAVOS;
  if (multiplyPrice(list_price_centavos, stock_milli) <= free_centavos) return stock_milli;
  const share_milli = Math.floor((stock_milli * settings.UNPAID_STOCK_SHARE) / PERCENT);
  const free_milli = Math.floor((free_centavos / list_price_centavos) * 1000);
  return wholeUnits(Math.max(share_milli, free_milli), unit);
}

/** What cannot be split is offered in whole numbers. */
function wholeUnits(milli: number, unit: Unit): number {
  return fitsUnit(milli, unit) ? milli : Math.floor(milli / 1000) * 1000;
}
