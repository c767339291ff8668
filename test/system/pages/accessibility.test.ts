// The pages that people see have names, headings and landmarks: our own as they are sent, those of Swagger UI and
// Scalar as a browser has them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriersIn } from '../../support/accessible.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { hasChromium, renderPage } from '../../support/servers/chromium.ts';

const RENDER_TIMEOUT_MS = 120_000;
const LEAST_DRAWN_LENGTH = 20_000;
const OWN = [
  '/',
  '/dev/messages',
  '/docs/errors',
  '/docs/errors/CONFLICT',
  '/docs/errors/NOT_FOUND',
  '/docs/versions',
];
/** With an operation opened, whose parameters, bodies and examples are drawn. */
const DRAWN = ['/docs', '/docs#/Cart/addToCart', '/docs#/Products/listProducts', '/redoc'];

let test: TestApp;
let url: string;
beforeAll(async () => {
  test = await createTestApp();
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

describe('a page of our own has no barrier:', () => {
  it.each(OWN)('%s', async (path) => {
    const { statusCode, body } = await test.app.inject({
      url: path,
      headers: { accept: 'text/html' },
    });
    expect([statusCode, barriersIn(body)]).toEqual([200, []]);
  });
});

describe.skipIf(!hasChromium)('a page that others draw has no barrier once it is drawn:', () => {
  it.each(DRAWN)(
    '%s',
    async (path) => {
      const html = await renderPage(`${url}${path}`);
      // Drawn, and not the empty page that the drawing begins with.
      expect(html.length).toBeGreaterThan(LEAST_DRAWN_LENGTH);
      expect(barriersIn(html)).toEqual([]);
    },
    RENDER_TIMEOUT_MS,
  );
});

it.each([
  ['a field without a name', '<select id="a"><option>v1</option></select>'],
  ['a label that says nothing', '<label for="b"><select id="b"></select></label>'],
  ['a link without a text', '<a href="/"><span></span></a>'],
  ['a link within a button', '<button>Open <a href="/">it</a></button>'],
  ['a heading that skips a level', '<h3>Too deep</h3>'],
  ['a second main landmark', '<main></main>'],
  ['a picture without a text', '<img src="/a.png">'],
])('these tests find %s', (_what, html) => {
  const page = `<html lang="en"><title>A</title><body><main><h1>A</h1></main>${html}</body></html>`;
  expect(barriersIn(page)).toHaveLength(1);
});
