import { describe, expect, it } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { LANGUAGES } from '../../lib/language.ts';
import {
  type Contact,
  messagesFor,
  type OrderParty,
  orderOf,
  type SellerParty,
} from './notifications.rules.ts';
import { ORDER_TEMPLATES, SELLER_TEMPLATES } from './templates.rules.ts';

const order_id = newId();
const customer: Contact = { language: 'en', email: 'maria@example.com', phone: '+639171234567' };

function party(business_name: string, changes: Partial<OrderParty> = {}): OrderParty {
  return {
    order_id,
    order_number: 'OID-2026-000007',
    seller_order_id: newId(),
    seller_id: newId(),
    seller_order_status: 'PENDING',
    business_name,
    customer,
    seller: { language: 'en', email: `${business_name.toLowerCase()}@example.com`, phone: null },
    ...changes,
  };
}

const nena = party('Nena');
const ben = party('Ben');

const recipients = (topic: string, payload: object, orders: readonly OrderParty[] = [nena, ben]) =>
  messagesFor([{ topic, payload }], { orders, sellers: [] }).map(({ to }) => to);

describe('messages about an order', () => {
  it('goes to the customer and to every seller when it is placed', () => {
    expect(recipients('order.placed', { order_id })).toEqual([
      'maria@example.com',
      'nena@example.com',
      'ben@example.com',
    ]);
  });

  it.each(['order.confirmed', 'order.shipped', 'order.delivered'])(
    'goes to the customer alone: %s',
    (topic) => {
      expect(recipients(topic, { order_id })).toEqual(['maria@example.com']);
    },
  );

  it('of one seller order is kept from the other sellers and names this seller alone', () => {
    const payload = { order_id, seller_order_id: ben.seller_order_id, seller_id: ben.seller_id };
    expect(recipients('order.cancelled', payload)).toEqual([
      'maria@example.com',
      'ben@example.com',
    ]);
    const [message] = messagesFor([{ topic: 'order.cancelled', payload }], {
      orders: [nena, ben],
      sellers: [],
    });
    expect(message?.text).toContain('from Ben ');
  });

  it('of several seller orders reaches the customer once, in the names of all their sellers', () => {
    const events = [nena, ben].map(({ seller_order_id, seller_id }) => ({
      topic: 'order.cancelled',
      payload: { order_id, seller_order_id, seller_id },
    }));
    const messages = messagesFor(events, { orders: [nena, ben], sellers: [] });
    expect(messages.map(({ to }) => to)).toEqual([
      'maria@example.com',
      'nena@example.com',
      'ben@example.com',
    ]);
    expect(messages[0]?.text).toContain('from Nena, Ben ');
  });

  it('does not tell a seller of money for a seller order that was cancelled', () => {
    const cancelled = { ...ben, seller_order_status: 'CANCELLED' };
    expect(recipients('payment.completed', { order_id }, [nena, cancelled])).toEqual([
      'maria@example.com',
      'nena@example.com',
    ]);
  });

  it('names three sellers at most', () => {
    const parties = ['A', 'B', 'C', 'D', 'E'].map((name) => party(name));
    const [message] = messagesFor([{ topic: 'order.placed', payload: { order_id } }], {
      orders: parties,
      sellers: [],
    });
    expect(message?.text).toContain('from A, B, C +2.');
  });

  it.each([
    ['an unknown topic', 'order.eaten', { order_id }],
    ['a name that every object has', 'toString', { order_id }],
    ['no order', 'order.placed', {}],
    ['something that is no id', 'order.placed', { order_id: "'" }],
    ['no payload', 'order.placed', null],
    ['an order that is gone', 'order.placed', { order_id: newId() }],
  ])('reaches nobody with %s', (_case, topic, payload) => {
    expect(messagesFor([{ topic, payload }], { orders: [nena], sellers: [] })).toEqual([]);
  });

  it('looks up orders for the topics that need them only', () => {
    expect(orderOf({ topic: 'order.placed', payload: { order_id } })).toBe(order_id);
    expect(orderOf({ topic: 'payment.refunded', payload: { order_id } })).toBeUndefined();
  });
});

describe('the channel', () => {
  const reach = (contact: Partial<Contact>) =>
    messagesFor([{ topic: 'order.shipped', payload: { order_id } }], {
      orders: [{ ...nena, customer: { ...customer, ...contact } }],
      sellers: [],
    }).map(({ channel, to }) => [channel, to]);

  it.each([
    ['mail where an address is confirmed', {}, [['email', 'maria@example.com']]],
    ['SMS where only a number is', { email: null }, [['sms', '+639171234567']]],
    ['none where nothing is', { email: null, phone: null }, []],
  ])('is %s', (_case, contact, expected) => {
    expect(reach(contact)).toEqual(expected);
  });
});

describe('messages about a seller', () => {
  const seller: SellerParty = {
    seller_id: newId(),
    business_name: 'Gulayan',
    seller: { ...customer, language: 'fil' },
  };

  it('goes to its owner in their language', () => {
    const payload = { seller_id: seller.seller_id };
    expect(
      messagesFor([{ topic: 'seller.verified', payload }], { orders: [], sellers: [seller] }),
    ).toEqual([
      {
        channel: 'email',
        to: 'maria@example.com',
        subject: 'Beripikado na ang Gulayan',
        text: 'Beripikado na ang Gulayan: mabibili na ang iyong mga produkto.',
      },
    ]);
  });

  it('goes to no other seller', () => {
    const events = [{ topic: 'seller.verified', payload: { seller_id: newId() } }];
    expect(messagesFor(events, { orders: [], sellers: [seller] })).toEqual([]);
  });
});

describe('every template', () => {
  const orderTemplates = Object.entries(ORDER_TEMPLATES).flatMap(([topic, templates]) =>
    Object.entries(templates ?? {}).flatMap(([whom, template]) =>
      LANGUAGES.map((language) => ({ topic, whom, language, template })),
    ),
  );
  it.each(orderTemplates)(
    '$topic to the $whom in $language tells the order in text and subject',
    ({ template, language }) => {
      const { subject, text } = template[language]({
        order_number: 'OID-2026-000007',
        sellers: 'Nena',
      });
      expect(subject).toContain('OID-2026-000007');
      expect(text).toContain('OID-2026-000007');
    },
  );

  const sellerTemplates = Object.entries(SELLER_TEMPLATES).flatMap(([topic, template]) =>
    LANGUAGES.flatMap((language) =>
      template === undefined ? [] : [{ topic, language, template }],
    ),
  );
  it.each(sellerTemplates)('$topic in $language names the seller', ({ template, language }) => {
    const { subject, text } = template[language]({ business_name: 'Gulayan' });
    expect(subject).toContain('Gulayan');
    expect(text).toContain('Gulayan');
  });
});
