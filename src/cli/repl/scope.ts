// What has a name at the prompt.
import { inspect } from 'node:util';
import { sql } from 'kysely';
import { type Ctx, type OutsideCtx, type Services, systemCtx, type TxCtx } from '../../context.ts';
import type { Db } from '../../db/database.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Gateways } from '../../gateways/gateways.ts';
import { CliError } from '../../lib/exit.ts';
import { newId } from '../../lib/ids.ts';
import { modulesOf } from './modules.ts';
import { actAs } from './person.ts';

export const WRITE_HINT = 'This session reads only: start it with --write to change something.';

export interface Scope {
  /** Of the system, as jobs have it. */
  readonly ctx: OutsideCtx;
  readonly db: Db;
  readonly sql: typeof sql;
  readonly services: object;
  readonly queries: object;
  readonly rules: object;
  /** The context of the user with this e-mail address. */
  as(user_email: string): Promise<OutsideCtx>;
  /** Runs `work` in one transaction, of the system unless `of` is given. */
  tx<T>(work: (ctx: TxCtx) => Promise<T>, of?: Ctx): Promise<T>;
}

export function createScope(opened: Services, { write }: { write: boolean }): Scope {
  const services = {
    ...opened,
    config: { ...opened.config, [inspect.custom]: () => '[settings: see `config check`]' },
    gateways: write ? opened.gateways : closeGateways(opened.gateways),
    [inspect.custom]: describeCtx,
  };
  const ctx = systemCtx(services, newId());
  return {
    ctx,
    db: ctx.db,
    sql,
    services: modulesOf('service'),
    queries: modulesOf('queries'),
    rules: modulesOf('rules'),
    as: async (user_email) => ({
      ...systemCtx(services, newId()),
      actor: await actAs(ctx.db, user_email, ctx.clock.now()),
    }),
    tx: (work, of = ctx) => inTransaction(of, work),
  };
}

/** Printed at the prompt, a context is who acts: neither its connections, nor settings with their secrets. */
function describeCtx(this: Ctx): object {
  return { actor: this.actor, requestId: this.requestId };
}

/** PostgreSQL refuses to write for a session that reads only; mail, storage and the wallet know no such session. */
function closeGateways(gateways: Gateways): Gateways {
  const closed = Object.entries(gateways).map(([name, gateway]) => [
    name,
    gateway && close(gateway),
  ]);
  return Object.fromEntries(closed) as Gateways;
}

function close<T extends object>(gateway: T): T {
  const refuse = () => {
    throw new CliError(WRITE_HINT);
  };
  return new Proxy(gateway, {
    get(target, member): unknown {
      const value: unknown = Reflect.get(target, member);
      return typeof value === 'function' ? refuse : value;
    },
  });
}
