// A local HTTP server that keeps what it is sent: the collector or the error tracker of a test.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sink {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly host: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** `answer` by default says 200 to everything; one that never ends is a server that hangs. */
export async function openSink(
  answer: (response: ServerResponse, index: number) => void = (response) => response.end('{}'),
): Promise<Sink> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, received.length - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A span as a collector understands it. */
export interface SunkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  /** 2 is an error. */
  readonly status: { readonly code?: number };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Every span in OTLP/JSON requests to `/v1/traces`. */
export function spansIn({ received }: Sink): SunkSpan[] {
  return received
    .filter(({ path }) => path === '/v1/traces')
    .flatMap(({ body }) => (JSON.parse(body) as OtlpRequest).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans
        .flatMap(({ spans }) => spans)
        .map((span) => ({
          ...span,
          attributes: valuesOf(span.attributes),
          resource: valuesOf(resource.attributes),
        })),
    );
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<SunkSpan, 'attributes' | 'resource'> & {
        readonly attributes: readonly OtlpAttribute[];
      })[];
    }[];
  }[];
}

function valuesOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** An event as a server of the Sentry protocol understands it. */
export interface SunkEvent {
  readonly level: string;
  readonly release: string;
  readonly environment: string;
  readonly transaction?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly contexts: { readonly trace?: { readonly trace_id: string } };
  readonly exception: {
    readonly values: readonly {
      readonly type: string;
      readonly value: string;
      readonly mechanism: { readonly handled: boolean; readonly data: Record<string, unknown> };
      readonly stacktrace: {
        readonly frames: readonly {
          readonly filename: string;
          readonly function?: string;
          readonly in_app: boolean;
        }[];
      };
    }[];
  };
}

/** Every event in envelopes; throws where one is not framed as the protocol wants it. */
export function eventsIn({ received }: Sink): SunkEvent[] {
  return received
    .filter(({ path }) => path.endsWith('/envelope/'))
    .map(({ body }) => {
      const [header = '', item = '', payload = '', end] = body.split('\n');
      const { event_id } = JSON.parse(header) as { event_id: string };
      const { type, length } = JSON.parse(item) as { type: string; length: number };
      const event = JSON.parse(payload) as SunkEvent & { event_id: string };
      const isFramed = type === 'event' && length === Buffer.byteLength(payload) && end === '';
      if (!isFramed || event.event_id !== event_id) throw new Error(`not an envelope: ${body}`);
      return event;
    });
}
