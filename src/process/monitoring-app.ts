// buildMonitoringApp: the HTTP side of a process without the API. It has the API's limits, health and metrics, and no more.
import type { FastifyInstance } from 'fastify';
import { registerRequestTelemetry } from '../http/intake/request-telemetry.ts';
import { createServer } from '../http/server.ts';
import { authenticate } from '../modules/auth/sessions/authenticate.ts';
import {
  type MonitoringDeps,
  registerMonitoring,
} from '../modules/operations/operations.routes.ts';
import type { Log } from '../telemetry/log.ts';

/** Monitors need few; whoever else connects is turned away. */
const MAX_CONNECTIONS = 100;

export function buildMonitoringApp(
  deps: Omit<MonitoringDeps, 'authenticate'> & { readonly log: Log },
): FastifyInstance {
  const { app } = createServer({ ...deps.services, log: deps.log });
  app.server.maxConnections = MAX_CONNECTIONS;
  registerRequestTelemetry(app, deps.metrics);
  registerMonitoring(app, { ...deps, authenticate });
  return app;
}
