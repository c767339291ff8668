// Doing something while a limiter has neither a place nor a place in its queue.

/** More than any limiter lets in and keeps waiting. */
const CROWD = 200;

/** Does `work` while a crowd does `busy` again and again. */
export async function amongCrowd<T>(
  busy: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  let isOver = false;
  const goOn = async () => {
    while (!isOver) await busy();
  };
  const crowd = Promise.allSettled(Array.from({ length: CROWD }, goOn));
  try {
    return await work();
  } finally {
    isOver = true;
    await crowd;
  }
}
