// What a seller may see of a customer: how to reach them, while there is something to deliver, and for a while afterwards.
import { DAY_MS } from '../../../lib/time.ts';
import { isPaid, type PaymentMethod, type PaymentStatus } from '../../payments/payments.rules.ts';
import { isOpen, type OrderStatus } from '../orders.rules.ts';

export interface ContactCase {
  readonly order_status: OrderStatus;
  readonly delivered_at: Date | null;
  readonly payment_method: PaymentMethod;
  readonly payment_status: PaymentStatus;
}

/**
 * Whether a seller order shows its seller the customer's name, phone, street and notes: once it is to be delivered, which is
 * when the wallet has paid or cash on delivery is confirmed, and `keep_days` after the delivery.
 */
export function showsCustomer(
  { order_status, delivered_at, payment_method, payment_status }: ContactCase,
  { now, keep_days }: { now: Date; keep_days: number },
): boolean {
  if (order_status === 'CANCELLED') return false;
  if (delivered_at !== null) return now.getTime() - delivered_at.getTime() < keep_days * DAY_MS;
  if (!isOpen(order_status)) return false;
  return payment_method === 'COD' ? order_status !== 'PENDING' : isPaid(payment_status);
}

/** The place stays, as far as it says how far away it is. */
export const HIDDEN_CONTACT = {
  recipient_name: null,
  recipient_phone: null,
  street: null,
  landmark: null,
  zip_code: null,
} as const;
