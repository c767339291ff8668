// The demo category tree.
import { DEMO_CATEGORIES } from '../lib/demo-market.ts';
import { slugify } from '../lib/text/slug.ts';
import { CATEGORY_TREE } from './data/categories.ts';
import { daysAgo, type Seeding } from './seeding.ts';

export interface Category {
  readonly id: string;
  readonly name: string;
  /** A sentence on how its goods are used. */
  readonly use: string;
}

const OPENED_DAYS = 520;
const FIXED = new Map(Object.entries(DEMO_CATEGORIES));

/** Writes the tree. @returns its leaves by name */
export async function seedCategories(seeding: Seeding): Promise<ReadonlyMap<string, Category>> {
  const created_at = daysAgo(seeding, OPENED_DAYS);
  const row = (name: string, description: string, parent_id: string | null) => ({
    id: seeding.random.id(created_at),
    name,
    slug: slugify(name),
    description,
    parent_id,
    created_at,
    updated_at: created_at,
    deleted_at: null,
    ...FIXED.get(name),
  });
  const leaves = new Map<string, Category>();
  const categories = CATEGORY_TREE.flatMap((branch) => {
    const parent = row(branch.name, branch.description, null);
    const children = Object.entries(branch.leaves).map(([name, use]) => {
      const child = row(name, use, parent.id);
      leaves.set(name, { id: child.id, name, use });
      return child;
    });
    return [parent, ...children];
  });
  await seeding.write({ categories });
  return leaves;
}
