import { expect, it } from 'vitest';
import * as fulfilment from '../../modules/orders/fulfilment/fulfilment.service.ts';
import { modulesOf } from './modules.ts';

it('a module is loaded when it is first named, with all that its files export', () => {
  const services = modulesOf('service');
  const before = Object.getOwnPropertyDescriptor(services, 'orders');
  expect([typeof before?.get, before?.value]).toEqual(['function', undefined]);
  const { orders } = services as { orders: object };
  expect(Object.keys(orders)).toEqual(expect.arrayContaining(Object.keys(fulfilment)));
  expect(Object.getOwnPropertyDescriptor(services, 'orders')?.value).toBe(orders);
});

it.each(['service', 'queries', 'rules'] as const)('every %s has a name of its own', (role) => {
  const modules = Object.entries(modulesOf(role));
  expect(modules.length).toBeGreaterThan(3);
  for (const [name, functions] of modules) expect(Object.keys(functions), name).not.toEqual([]);
});
