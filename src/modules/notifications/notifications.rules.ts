// Pure decisions about messages: recipients of an event, channel and wording.
import { isUuid } from '../../lib/ids.ts';
import type { Language } from '../../lib/language.ts';
import type { OutgoingMessage } from './notifications.jobs.ts';
import { ORDER_TEMPLATES, SELLER_TEMPLATES, type Template } from './templates.rules.ts';

/** More names than this would not fit an SMS. */
const MAX_SELLER_NAMES = 3;

/** How to reach a person: confirmed addresses only. */
export interface Contact {
  readonly language: Language;
  readonly email: string | null;
  readonly phone: string | null;
}

/** A seller order, and the two people whom it concerns. */
export interface OrderParty {
  readonly order_id: string;
  readonly order_number: string;
  readonly seller_order_id: string;
  readonly seller_id: string;
  readonly seller_order_status: string;
  readonly business_name: string;
  readonly customer: Contact;
  readonly seller: Contact;
}

export interface SellerParty {
  readonly seller_id: string;
  readonly business_name: string;
  readonly seller: Contact;
}

export interface Parties {
  readonly orders: readonly OrderParty[];
  readonly sellers: readonly SellerParty[];
}

export interface OutboxEvent {
  readonly topic: string;
  /** What the publisher wrote: ids by name, e.g. `order_id`. */
  readonly payload: unknown;
}

/** The order that an event sends messages about; undefined where it sends none. */
export function orderOf({ topic, payload }: OutboxEvent): string | undefined {
  return Object.hasOwn(ORDER_TEMPLATES, topic) ? idIn(payload, 'order_id') : undefined;
}

/** The same for sellers. */
export function sellerOf({ topic, payload }: OutboxEvent): string | undefined {
  return Object.hasOwn(SELLER_TEMPLATES, topic) ? idIn(payload, 'seller_id') : undefined;
}

/** Events that become one message: the same event of several seller orders of one order reaches its customer at once. */
export function groupEvents<Event extends OutboxEvent>(events: readonly Event[]): Event[][] {
  const groups = Map.groupBy(
    events,
    (event) => `${event.topic} ${orderOf(event) ?? sellerOf(event)}`,
  );
  return [...groups.values()];
}

/** The messages of some events, in order. */
export function messagesFor(
  events: readonly OutboxEvent[],
  { orders, sellers }: Parties,
): OutgoingMessage[] {
  return groupEvents(events).flatMap((group) => [
    ...orderMessages(group, orders),
    ...sellerMessages(group, sellers),
  ]);
}

/** `events` are events of one topic and one order. */
function orderMessages(
  events: readonly OutboxEvent[],
  orders: readonly OrderParty[],
): OutgoingMessage[] {
  const topic = events[0]?.topic ?? '';
  const parties = orders.filter((party) => events.some((event) => isAbout(event, party)));
  const [first] = parties;
  const templates = ORDER_TEMPLATES[topic];
  if (templates === undefined || first === undefined) return [];
  const { order_number, customer } = first;
  // A payment may still arrive after a seller order was cancelled: nothing for its seller to do.
  const concerned = parties.filter(
    ({ seller_order_status }) => topic === 'order.cancelled' || seller_order_status !== 'CANCELLED',
  );
  return [
    ...messageTo(customer, templates.customer, { order_number, sellers: namesOf(parties) }),
    ...concerned.flatMap((party) =>
      messageTo(party.seller, templates.seller, { order_number, sellers: party.business_name }),
    ),
  ];
}

/** `events` are events of one topic and one seller. */
function sellerMessages(
  events: readonly OutboxEvent[],
  sellers: readonly SellerParty[],
): OutgoingMessage[] {
  const [event] = events;
  const party = sellers.find(
    ({ seller_id }) => event !== undefined && sellerOf(event) === seller_id,
  );
  if (event === undefined || party === undefined) return [];
  return messageTo(party.seller, SELLER_TEMPLATES[event.topic], {
    business_name: party.business_name,
  });
}

/** Without `seller_order_id` and `seller_id` an event is about the whole order. */
function isAbout(event: OutboxEvent, party: OrderParty): boolean {
  const fits = (name: 'seller_order_id' | 'seller_id') =>
    (idIn(event.payload, name) ?? party[name]) === party[name];
  return orderOf(event) === party.order_id && fits('seller_order_id') && fits('seller_id');
}

function idIn(payload: unknown, name: string): string | undefined {
  const value =
    typeof payload === 'object' && payload !== null ? Reflect.get(payload, name) : undefined;
  return typeof value === 'string' && isUuid(value) ? value : undefined;
}

function namesOf(parties: readonly OrderParty[]): string {
  const names = parties.slice(0, MAX_SELLER_NAMES).map(({ business_name }) => business_name);
  const others = parties.length - names.length;
  return others === 0 ? names.join(', ') : `${names.join(', ')} +${others}`;
}

/** By mail where an address is confirmed, else by SMS, else not at all. */
function messageTo<Facts>(
  contact: Contact,
  template: Template<Facts> | undefined,
  facts: Facts,
): OutgoingMessage[] {
  if (template === undefined) return [];
  const wording = template[contact.language](facts);
  if (contact.email !== null) return [{ channel: 'email', to: contact.email, ...wording }];
  return contact.phone === null ? [] : [{ channel: 'sms', to: contact.phone, ...wording }];
}
