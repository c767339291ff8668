// What the benchmark uses of autocannon, which brings no types.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
    setupRequest?: (request: Request) => Request;
  }

  export interface Options {
    url: string;
    connections: number;
    /** Seconds; without effect where there is an amount. */
    duration?: number;
    /** Requests altogether. */
    amount?: number;
    /** How often it looks whether it is over, in ms. */
    sampleInt?: number;
    requests: Request[];
  }

  export interface Result {
    errors: number;
    timeouts: number;
    statusCodeStats: Record<string, { count: number }>;
  }

  export interface Instance extends EventEmitter, PromiseLike<Result> {}

  export default function autocannon(options: Options): Instance;
}
