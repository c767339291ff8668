// A few clients that ask over and over, each waiting for its answer, until they are told to stop.

export interface Tally {
  readonly answered: number;
  /** What went wrong, one text for each request. */
  readonly failed: readonly string[];
  readonly slowest_ms: number;
}

/** @param ask sends one request of a client and tells what was wrong with its answer; undefined where nothing was */
export function startSteadyLoad(
  clients: number,
  ask: (client: number, round: number) => Promise<string | undefined>,
): { stop: () => Promise<Tally> } {
  let isOver = false;
  let answered = 0;
  let slowest_ms = 0;
  const failed: string[] = [];
  const run = async (client: number): Promise<void> => {
    for (let round = 0; !isOver; round += 1) {
      const started_ms = performance.now();
      const fault = await ask(client, round).catch((error: unknown) => String(error));
      slowest_ms = Math.max(slowest_ms, Math.round(performance.now() - started_ms));
      if (fault === undefined) answered += 1;
      else failed.push(fault);
    }
  };
  const running = Array.from({ length: clients }, (_none, client) => run(client));
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(running);
      return { answered, failed, slowest_ms };
    },
  };
}
