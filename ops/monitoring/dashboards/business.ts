// Business metrics. These series are the same on every worker, so that max() and never sum() puts them together.
import { type Dashboard, rate } from '../panel.ts';

const PER_MINUTE = 60;
const PER_HOUR = 3_600;
const orders = `max(${rate('orders_created_total')})`;
const views = `max(${rate('products_viewed_total')})`;

export const BUSINESS: Dashboard = {
  uid: 'business',
  title: 'Business',
  description:
    'Orders, money and visitors: whether customers notice what the other dashboards show.',
  panels: [
    {
      kind: 'stat',
      title: 'Active users',
      description: 'Signed in, with a request within 15 minutes.',
      unit: 'short',
      width: 6,
      queries: [{ expr: 'max(active_users)', legend: 'users' }],
    },
    {
      kind: 'stat',
      title: 'Orders',
      description: 'Ever placed.',
      unit: 'short',
      width: 6,
      queries: [{ expr: 'max(orders_created_total)', legend: 'orders' }],
    },
    {
      kind: 'stat',
      title: 'Revenue',
      description: 'Ever received from customers, by the ledger; refunds do not lower it.',
      unit: 'currencyPHP',
      width: 6,
      queries: [{ expr: 'max(revenue_generated_total)', legend: 'revenue' }],
    },
    {
      kind: 'stat',
      title: 'Orders per 100 views',
      description: 'Of products, at the moment. A fall with steady views: checkout is broken.',
      unit: 'short',
      width: 6,
      queries: [{ expr: `100 * ${orders} / ${views}`, legend: 'orders' }],
    },
    {
      kind: 'timeseries',
      title: 'Orders a minute',
      description: 'Today, and a week ago as a measure.',
      unit: 'short',
      queries: [
        { expr: `${orders} * ${PER_MINUTE}`, legend: 'now' },
        {
          expr: `max(${rate('orders_created_total').replace(/\)$/, ' offset 1w)')}) * ${PER_MINUTE}`,
          legend: 'a week ago',
          absentBecause: 'nothing is a week old',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Revenue an hour',
      description: 'Money received, at the rate of the moment.',
      unit: 'currencyPHP',
      queries: [
        { expr: `max(${rate('revenue_generated_total')}) * ${PER_HOUR}`, legend: 'revenue' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Views of products a minute',
      description: 'Each process adds its own every five seconds.',
      unit: 'short',
      queries: [{ expr: `${views} * ${PER_MINUTE}`, legend: 'views' }],
    },
  ],
};
