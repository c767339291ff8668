// What a route does before its transaction begins, and undoing it where the transaction then has no use for it.
import type { Ctx } from '../../context.ts';
import type { Prepared } from '../../lib/prepared.ts';

/** What came of a use, and whether the prepared value is part of it. */
export interface Use<R> {
  readonly outcome: R;
  readonly isUsed: boolean;
}

/** Gives `use` what was prepared, which is undone where `use` throws or did not need it. */
export async function withPrepared<R>(
  log: Pick<Ctx['log'], 'error'>,
  prepared: Prepared<unknown> | undefined,
  use: (value: unknown) => Promise<Use<R>>,
): Promise<R> {
  if (prepared === undefined) return (await use(undefined)).outcome;
  let isUsed = false;
  try {
    const used = await use(prepared.value);
    ({ isUsed } = used);
    return used.outcome;
  } finally {
    if (!isUsed) {
      // The caller's answer stands either way; what is left behind is for the log.
      await prepared
        .discard()
        .catch((err: unknown) => log.error({ err }, 'cleanup of prepared work failed'));
    }
  }
}
