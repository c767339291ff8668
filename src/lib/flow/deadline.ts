// A bound on waiting: the caller gets a result or an error in time, whatever becomes of the work.

/** The work took longer than it was given. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * The result of `work`, which itself goes on until its own limits end it.
 * @throws DeadlineError with `message` after `timeout_ms`
 */
export async function withDeadline<T>(
  work: Promise<T>,
  timeout_ms: number,
  message: string,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DeadlineError(message)), timeout_ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
