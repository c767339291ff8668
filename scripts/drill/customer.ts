// The demo customer, who orders over HTTP: every order that was acknowledged is one that must come back.
import { randomUUID } from 'node:crypto';
import { DEMO_PASSWORD } from '../../src/lib/demo-market.ts';

export interface Customer {
  /** Places `count` orders, one after the other. @returns the ids of those that were acknowledged */
  order(count: number): Promise<string[]>;
}

interface Page {
  readonly results: readonly { readonly id: string }[];
}

export async function createCustomer(url: string): Promise<Customer> {
  const credentials = { user_email: 'customer@freshbytes.test', password: DEMO_PASSWORD };
  let token = '';
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  };
  token = (await call<{ access: string }>('POST', '/auth/login', credentials)).access;
  const [address] = (await call<Page>('GET', '/users/me/addresses')).results;
  const products = (await call<Page>('GET', '/products?in_stock=true')).results;
  const orderOnce = async (product_id: string | undefined): Promise<string> => {
    await call('DELETE', '/cart');
    await call('POST', '/cart/items', { product_id, quantity: '1' });
    const checkout = { address_id: address?.id, payment_method: 'COD' };
    const placed = await call<{ order: { id: string } }>('POST', '/orders/checkout', checkout);
    return placed.order.id;
  };
  return {
    order: async (count) => {
      const ids: string[] = [];
      for (let n = 0; n < count; n += 1)
        ids.push(await orderOnce(products[n % products.length]?.id));
      return ids;
    },
  };
}
