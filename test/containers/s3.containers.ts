// compose.s3.yaml on a container engine: on top of the default stack, and of the demo, whose seller uploads a picture.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report, seconds } from './report.ts';
import { type Checkout, createCheckout, missing, type Stack } from './stack.ts';

const SELLER = { user_email: 'seller@freshbytes.test', password: 'demo-Freshbytes-2026' };
const READ_BACK = { timeout: 60_000, interval: 500 };
/** In the folder of uploads there may be what a process writes for itself, but no picture. */
const COUNT_UPLOADS =
  "console.log(fs.readdirSync('/data', { recursive: true }).filter((it) => /webp|jpe?g|original/.test(it)).length)";

interface Image {
  readonly id: string;
  readonly urls: { readonly medium: string };
}

describe.skipIf(missing !== undefined)('uploads with compose.s3.yaml', () => {
  let checkout: Checkout;
  let demo: Stack;
  let url: string;

  beforeAll(async () => {
    checkout = await createCheckout();
    demo = checkout.stack(['compose.yaml', 'compose.demo.yaml', 'compose.s3.yaml'], 's3-demo');
    url = `http://localhost:${checkout.ports.demo}`;
    await checkout.run('ops/compose/make-secrets.sh');
    await checkout.run('ops/compose/make-secrets.sh', 'ops/compose/demo-secrets');
  });
  afterAll(() => checkout?.remove());

  it('reach the bucket in production settings', async () => {
    const stack = checkout.stack(['compose.yaml', 'compose.s3.yaml'], 's3');
    const up = ['up', '--build', '--detach', '--wait'];
    report('with a bucket, up and healthy', await seconds(() => stack.compose(...up)));
    const doctor = ['exec', '-T', 'api', 'node', 'bin/freshbytes.js', 'doctor'];
    const { output } = await stack.tryCompose(...doctor);
    expect(output).toMatch(/^ok +storage +freshbytes-uploads of s3:3900: put, read, listed/m);
    await stack.compose('down', '--volumes');
  });

  it('are read back from the bucket, also after everything was taken down', async () => {
    await demo.compose('run', '--build', '--rm', 'migrate', 'seed');
    report('the demo with a bucket is up', await seconds(start));
    const { token, product_id } = await findProduct();
    const authorization = `Bearer ${token}`;
    const body = new FormData();
    body.set('image', new Blob([await drawPicture()], { type: 'image/jpeg' }), 'tomatoes.jpg');
    const path = `${url}/api/v1/products/${product_id}/images`;
    const answer = await fetch(path, { method: 'POST', headers: { authorization }, body });
    expect(answer.status).toBe(201);
    const image = (await answer.json()) as Image;
    await expect.poll(() => statusOf(image), READ_BACK).toBe(200);
    const picture = await read(image);
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'webp' });
    await demo.compose('down');
    await start();
    expect((await read(image)).equals(picture)).toBe(true);
    const count = ['exec', '-T', 'api', 'node', '-e', COUNT_UPLOADS];
    expect((await demo.compose(...count)).trim()).toBe('0');
  });

  const start = () => demo.compose('up', '--detach', '--wait');
  const statusOf = async ({ urls }: Image) => (await fetch(urls.medium)).status;
  const read = async ({ urls }: Image) =>
    Buffer.from(await (await fetch(urls.medium)).arrayBuffer());

  /** One of the demo seller. */
  async function findProduct() {
    const signIn = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(SELLER),
    });
    const { access: token } = (await signIn.json()) as { access: string };
    const found = await fetch(`${url}/api/v1/products?search=kamatis`);
    const { results } = (await found.json()) as {
      results: { id: string; seller: { business_name: string } }[];
    };
    const own = results.find(({ seller }) => seller.business_name === 'Gulayan ni Aling Nena');
    return { token, product_id: own?.id };
  }
});

async function drawPicture(): Promise<Uint8Array<ArrayBuffer>> {
  const create = { width: 640, height: 480, channels: 3, background: 'tomato' } as const;
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer());
}
