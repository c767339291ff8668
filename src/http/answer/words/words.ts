// What there is to say of a code.
import type { FieldError } from '../../../lib/problem.ts';

interface ShortProduct {
  readonly product_id: string;
  readonly product_name: string;
  readonly available_quantity?: string;
  readonly unit?: string;
}

export interface ProblemWords {
  /** What happened. */
  readonly what: string;
  /** Why that is refused, or what leads to it. */
  readonly why: string;
  /** What the caller does now. */
  readonly remedy: string;
  /** Details in an answer of this code: members that differ from one answer to the next. */
  readonly example: {
    readonly detail: string;
    readonly instance: string;
    readonly errors?: readonly FieldError[];
    readonly products?: readonly ShortProduct[];
    readonly known_versions?: readonly string[];
    readonly total_amount?: string;
    readonly rate_limit?: {
      readonly rule: string;
      readonly limit: number;
      readonly period_seconds: number;
      readonly ends_at: string;
      readonly setting: string;
    };
  };
}
