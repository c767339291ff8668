// /dev: development's own pages, outside the API versions: the mail and SMS that would have been sent.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '../../config.ts';
import type { Services } from '../../context.ts';
import { type DevMessage, listDevMessages } from '../../gateways/messages/dev-messages.ts';
import { isLocalCaller } from '../../http/intake/local-caller.ts';
import { sendPage, wantsPage } from '../../http/pages/html-page.ts';
import { NOT_FOUND, Problem } from '../../lib/problem.ts';
import { Closed, type Infer, OneOf, Timestamp } from '../../lib/schema.ts';
import { MESSAGES_STYLE, messagesBody } from './messages-page.ts';

const MAX_SHOWN = 100;

const MessageQuery = Closed({ to: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })) });
const MessageList = Type.Object({
  results: Type.Array(
    Type.Object({
      to: Type.String(),
      channel: OneOf('MessageChannel', ['email', 'sms']),
      subject: Type.String(),
      text: Type.String(),
      code: Type.Optional(Type.String()),
      created_at: Timestamp,
    }),
  ),
});

/** Adds `/dev/*`, with the routes that `mountRoutes` brings; does nothing in production. */
export async function registerDevPages(
  app: FastifyInstance,
  services: Services,
  mountRoutes: (dev: FastifyInstance) => void,
): Promise<void> {
  if (services.config.isProduction) return;
  await app.register(
    async (dev) => {
      dev.addHook('onRequest', async (request) => refuseOutsiders(request, services.config));
      // Apart, because named schemas that a plugin is given change what validates its other routes.
      await dev.register(async (routes) => mountRoutes(routes));
      dev.get<{ Querystring: Infer<typeof MessageQuery> }>(
        '/messages',
        { schema: { querystring: MessageQuery, response: { 200: MessageList } } },
        async (request, reply) => {
          const messages = await listDevMessages(services.db, {
            to: request.query.to,
            limit: MAX_SHOWN,
          });
          reply.headers({ 'cache-control': 'no-store', vary: 'Accept' });
          if (wantsPage(request)) return sendMessagesPage(reply, messages, request.query.to);
          return {
            results: messages.map((message) => ({
              ...message,
              created_at: message.created_at.toISOString(),
            })),
          };
        },
      );
    },
    { prefix: '/dev' },
  );
}

/** Past the serializer of the JSON answer. */
function sendMessagesPage(
  reply: FastifyReply,
  messages: readonly DevMessage[],
  to: string | undefined,
): FastifyReply {
  const body = messagesBody({ messages, to });
  reply.serializer((page: unknown) => String(page));
  return sendPage(
    reply,
    { title: 'Messages', body, style: MESSAGES_STYLE },
    { cacheControl: 'no-store', hasForms: true },
  );
}

/** Whoever is not on this machine gets the answer of an unknown address. */
function refuseOutsiders(request: FastifyRequest, config: Config): void {
  if (!isLocalCaller(request, config))
    throw new Problem(NOT_FOUND, 'There is nothing at this address.');
}
