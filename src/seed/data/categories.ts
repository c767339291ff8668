// The demo market's category tree, and what is said of the goods in each leaf.

export interface CategoryBranch {
  readonly name: string;
  readonly description: string;
  /** Leaves by name, with the sentence that describes the use of their goods. */
  readonly leaves: Readonly<Record<string, string>>;
}

export const CATEGORY_TREE: readonly CategoryBranch[] = [
  {
    name: 'Vegetables',
    description: 'Gulay: picked in the morning, on your table within days.',
    leaves: {
      'Fruit Vegetables': 'Good for pinakbet, ginisa or a simple ensalada.',
      'Leafy Vegetables': 'Best in sinigang, nilaga or blanched with bagoong.',
      'Cabbages & Broccoli': 'Firm heads for chopsuey, pancit and salads.',
      'Root Crops': 'For nilaga, ginataan and merienda.',
      'Beans & Peas': 'For adobong sitaw, ginisang munggo and stir-fries.',
      'Onion, Garlic & Ginger': 'The base of every ginisa.',
      'Herbs & Spices': 'For paksiw, tinola and sawsawan.',
      Mushrooms: 'Sauté with garlic or add to soups.',
      'Shoots & Blossoms': 'For kare-kare, lumpia and ginataan.',
    },
  },
  {
    name: 'Fruits',
    description: 'Prutas: ripe or just before it.',
    leaves: {
      Bananas: 'For baon, turon or banana cue.',
      Mangoes: 'Sweet for dessert, green with bagoong.',
      'Citrus Fruits': 'For juice, dressings and marinades.',
      Melons: 'Chill, slice and share.',
      'Tropical Fruits': 'Eat fresh or make it into a shake.',
      'Berries & Highland Fruits': 'Keep chilled and eat soon.',
    },
  },
  {
    name: 'Rice & Corn',
    description: 'Bigas at mais from this season.',
    leaves: {
      Rice: 'Newly milled; keep in a dry, closed container.',
      Corn: 'Boil or grill on the day it arrives.',
    },
  },
  {
    name: 'Farm Goods',
    description: 'Eggs, nuts and what farms make of their harvest.',
    leaves: {
      Eggs: 'Collected daily and candled before packing.',
      'Coconut & Nuts': 'Straight from the grove.',
      'Farm Pantry': 'Made in small batches on the farm.',
    },
  },
];
