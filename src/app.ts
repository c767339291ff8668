// buildApp: every hook, module and API version of the HTTP side, named in order.
import type { FastifyInstance } from 'fastify';
import type { Services } from './context.ts';
import { registerCaller } from './http/caller.ts';
import { registerRequestTelemetry } from './http/intake/request-telemetry.ts';
import { registerLoadShedding } from './http/limits/load-shedding.ts';
import type { RateLimits } from './http/limits/rate-limit.ts';
import { mount } from './http/mount.ts';
import { publishDocument, registerOpenApi } from './http/openapi/openapi.ts';
import { OPENAPI_TAGS } from './http/openapi/tags.ts';
import { registerDocsPages } from './http/pages/docs-pages.ts';
import { registerEntryPoints } from './http/pages/entry-points.ts';
import { registerErrorPages } from './http/pages/error-pages.ts';
import { registerVersionsPage } from './http/pages/versions-page.ts';
import { cursorPaging, numberedPaging } from './http/paging.ts';
import type { AnyRoute } from './http/route.ts';
import { createServer } from './http/server.ts';
import { registerDeprecations } from './http/versions/deprecated-answers.ts';
import { DEPRECATIONS, type Deprecation } from './http/versions/deprecations.ts';
import { accountRoutes } from './modules/accounts/accounts.routes.ts';
import { addressRoutes } from './modules/addresses/addresses.routes.ts';
import { auditRoutes } from './modules/audit/audit.routes.ts';
import { authRoutes } from './modules/auth/auth.routes.ts';
import { verificationRoutes } from './modules/auth/codes/verification.routes.ts';
import { mfaRoutes } from './modules/auth/mfa/mfa.routes.ts';
import { passwordRoutes } from './modules/auth/passwords/passwords.routes.ts';
import { authenticate } from './modules/auth/sessions/authenticate.ts';
import { sessionRoutes } from './modules/auth/sessions/sessions.routes.ts';
import { cartRoutes } from './modules/carts/carts.routes.ts';
import { cashRoutes } from './modules/cash/cash.routes.ts';
import { categoryRoutes } from './modules/catalog/categories/categories.routes.ts';
import { imageRoutes } from './modules/catalog/images/images.routes.ts';
import { registerMedia, registerUploads } from './modules/catalog/images/media.ts';
import { productRoutes } from './modules/catalog/products/products.routes.ts';
import { registerDevPages } from './modules/dev/dev.routes.ts';
import { simulationRoutes } from './modules/dev/simulation.routes.ts';
import { registerStartPage } from './modules/dev/start-page.ts';
import { registerWalletPage } from './modules/dev/wallet-page.ts';
import { favoriteRoutes } from './modules/favorites/favorites.routes.ts';
import { lotRoutes } from './modules/inventory/lots.routes.ts';
import type { Health } from './modules/operations/health/health.service.ts';
import {
  registerOperations,
  registerVersionedHealth,
} from './modules/operations/operations.routes.ts';
import { orderRoutes } from './modules/orders/orders.routes.ts';
import { sellerOrderRoutes } from './modules/orders/reading/seller-orders.routes.ts';
import { registerPaymentPages } from './modules/payments/payment-pages.ts';
import { paymentRoutes } from './modules/payments/payments.routes.ts';
import { refundRoutes } from './modules/payments/refunds.routes.ts';
import { webhookRoutes } from './modules/payments/webhooks.routes.ts';
import { payoutRoutes } from './modules/payouts/payouts.routes.ts';
import { sellerMoneyRoutes } from './modules/payouts/seller-money.routes.ts';
import { placeRoutes } from './modules/places/places.routes.ts';
import { promoRoutes } from './modules/promos/promos.routes.ts';
import { reviewRoutes } from './modules/reviews/reviews.routes.ts';
import { sellerRoutes } from './modules/sellers/sellers.routes.ts';
import { storefrontRoutes } from './modules/storefront/storefront.routes.ts';
import { registerViewCounter } from './modules/storefront/view-counts/view-counter.ts';
import { registerUndoPage } from './modules/users/contacts/contact-undo.page.ts';
import { contactRoutes } from './modules/users/contacts/contacts.routes.ts';
import { userRoutes } from './modules/users/users.routes.ts';
import type { Log } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

export interface AppDeps {
  readonly services: Services;
  readonly log: Log;
  readonly limits: RateLimits;
  /** Of the database: requests that wait for a connection are a sign of overload. */
  readonly pool: { readonly waitingCount: number };
  readonly health: Health;
  readonly metrics: Metrics;
  /** What is announced to go: the real table by default. */
  readonly deprecations?: readonly Deprecation[] | undefined;
}

/** Every route of the API, in the order in which the documents show them. */
export const apiRoutes: readonly AnyRoute[] = [
  ...authRoutes,
  ...sessionRoutes,
  ...verificationRoutes,
  ...passwordRoutes,
  ...contactRoutes,
  ...mfaRoutes,
  ...userRoutes,
  ...accountRoutes,
  ...addressRoutes,
  ...placeRoutes,
  ...sellerRoutes,
  ...categoryRoutes,
  ...storefrontRoutes,
  ...productRoutes,
  ...imageRoutes,
  ...lotRoutes,
  ...promoRoutes,
  ...reviewRoutes,
  ...favoriteRoutes,
  ...cartRoutes,
  ...orderRoutes,
  ...sellerOrderRoutes,
  ...paymentRoutes,
  ...refundRoutes,
  ...webhookRoutes,
  ...cashRoutes,
  ...sellerMoneyRoutes,
  ...payoutRoutes,
  ...auditRoutes,
];

function takesUpload(route: AnyRoute): boolean {
  return route.consumes === 'multipart/form-data';
}

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { services, metrics, deprecations = DEPRECATIONS } = deps;
  const { publicUrl } = services.config;
  const routes = apiRoutes;
  const { app, models, validator } = createServer({ ...services, log: deps.log });
  const operations = { ...deps, authenticate };
  registerRequestTelemetry(app, metrics);
  registerLoadShedding(app, {
    ...services,
    pool: deps.pool,
    onShed: (priority) => metrics.countShedRequest(priority),
  });
  registerDeprecations(app, { ...deps, ...services, publicUrl, table: deprecations });
  registerCaller(app, operations);
  registerOperations(app, operations);
  registerErrorPages(app, { routes, publicUrl });
  const versions = { v1: numberedPaging, v2: cursorPaging(services.tokens.cursorSecrets) };
  registerDocsPages(app, Object.keys(versions));
  registerEntryPoints(app, { versions: Object.keys(versions), routes });
  registerStartPage(app, services, Object.keys(versions));
  registerVersionsPage(app, { versions: Object.keys(versions), table: deprecations });
  const mfaRequiredRoles = services.config.MFA_REQUIRED_ROLES.split(',');
  const shared = { models, validator, publicUrl, mfaRequiredRoles };
  for (const [version, paging] of Object.entries(versions)) {
    await app.register(
      async (api) => {
        await registerOpenApi(api, {
          version: services.config.version,
          apiVersion: version,
          publicUrl,
          tags: OPENAPI_TAGS,
        });
        const [uploads, others] = [
          routes.filter(takesUpload),
          routes.filter((route) => !takesUpload(route)),
        ];
        for (const route of others) mount(api, route, { ...shared, paging });
        await registerUploads(api, (scope) => {
          for (const route of uploads) mount(scope, route, { ...shared, paging });
        });
        registerVersionedHealth(api, operations);
        publishDocument(api, { routes, deprecations, clock: services.clock });
      },
      { prefix: `/api/${version}` },
    );
  }
  await registerDevPages(app, services, (dev) => {
    for (const route of simulationRoutes) mount(dev, route, { ...shared, paging: versions.v1 });
    registerWalletPage(dev);
  });
  registerPaymentPages(app);
  await registerUndoPage(app);
  registerMedia(app);
  registerViewCounter(app, services);
  return app;
}
