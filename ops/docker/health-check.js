// Asks the process in this container how it is, so that the image needs neither a shell nor curl:
// node health-check.js live|ready
const { PORT, WORKER_PORT } = process.env;
const TIMEOUT_MS = 4_000;

try {
  const answer = await fetch(`http://127.0.0.1:${WORKER_PORT || PORT}/health/${process.argv[2]}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
