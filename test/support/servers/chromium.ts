// A page as Chromium has it once its scripts have run, where Chromium is installed.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BINARY = 'chromium';
/** Time as the page feels it; the browser skips the waiting. */
const BUDGET_MS = 20_000;
const TIMEOUT_MS = 90_000;
const MAX_HTML_BYTES = 64 * 1024 * 1024;

/** Tests that need Chromium are skipped without it, unless it is said that they must run. */
export const hasChromium =
  spawnSync(BINARY, ['--version']).status === 0 || process.env['REQUIRE_CHROMIUM'] === '1';

/** The document after its scripts have run, as HTML. */
export async function renderPage(url: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'freshbytes-chromium-'));
  try {
    const { stdout } = await promisify(execFile)(
      BINARY,
      [
        '--headless=new',
        // It opens nothing but our own pages, and containers have no user namespaces to build the sandbox of.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        `--user-data-dir=${profile}`,
        `--virtual-time-budget=${BUDGET_MS}`,
        '--dump-dom',
        url,
      ],
      { timeout: TIMEOUT_MS, maxBuffer: MAX_HTML_BYTES },
    );
    return stdout;
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}
