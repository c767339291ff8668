// A storage that reports the result of each call, for the metrics.
import { isProblem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { SECOND_MS } from '../../lib/time.ts';
import type { Metrics, StorageOperation, StorageResult } from '../../telemetry/metrics.ts';
import type { FileStorage } from './storage.ts';

export type ObserveStorage = Metrics['observeStorageCall'];

export function observeStorage(storage: FileStorage, observe: ObserveStorage): FileStorage {
  const watch = async <T>(
    operation: StorageOperation,
    work: () => Promise<T>,
    resultOf: (value: T) => StorageResult = () => 'done',
  ): Promise<T> => {
    const started_ms = performance.now();
    const report = (result: StorageResult) =>
      observe(operation, result, (performance.now() - started_ms) / SECOND_MS);
    try {
      const value = await work();
      report(resultOf(value));
      return value;
    } catch (error) {
      report(isProblem(error, SERVICE_UNAVAILABLE) ? 'unavailable' : 'failed');
      throw error;
    }
  };
  const found = (value: unknown) => (value === undefined ? 'absent' : 'done');
  return {
    ...storage,
    put: (key, content) => watch('put', () => storage.put(key, content)),
    get: (key) => watch('get', () => storage.get(key), found),
    remove: (key) => watch('remove', () => storage.remove(key)),
    digest: (key) => watch('digest', () => storage.digest(key), found),
  };
}
