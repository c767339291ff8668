// What each group of routes is about, in the order in which the documents show them.

export const OPENAPI_TAGS = [
  {
    name: 'Auth',
    description:
      'Registering, signing in and out, confirming addresses, passwords and second factors',
  },
  { name: 'Users', description: 'The own profile, and all users for admins' },
  { name: 'Addresses', description: 'Where orders are delivered' },
  {
    name: 'Places',
    description: 'Philippine regions, provinces, cities and barangays by PSGC code',
  },
  { name: 'Sellers', description: 'Business profiles: applying, being verified, being followed' },
  { name: 'Categories', description: 'One tree of what is sold' },
  {
    name: 'Products',
    description: 'What sellers offer, as customers see it and as sellers keep it',
  },
  { name: 'Stock', description: 'Harvest lots and the ledger of their movements' },
  { name: 'Promos', description: 'Price reductions on products for a period' },
  { name: 'Reviews', description: 'What customers say about what they were delivered' },
  { name: 'Favorites', description: 'Products that a customer keeps an eye on' },
  { name: 'Cart', description: "The one open list of a customer, at today's prices" },
  { name: 'Orders', description: 'Checkout, and the way of an order to its customer' },
  { name: 'Payments', description: 'Money for orders, and money given back' },
  { name: 'Cash', description: 'Cash with riders: collected by order, counted and handed in' },
  { name: 'Payouts', description: 'What sellers are owed, and paying it to their banks' },
  { name: 'Webhooks', description: 'Events from payment providers' },
  { name: 'Audit', description: 'Who did what to which object' },
  { name: 'Operations', description: 'How the service is' },
] as const;
