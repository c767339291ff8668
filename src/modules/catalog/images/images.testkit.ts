// For the tests of images: a photo as a phone stores it, and uploads of it.
import type { LightMyRequestResponse } from 'fastify';
import sharp from 'sharp';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createProduct } from '../../../../test/support/builders.ts';

const BOUNDARY = 'freshbytes-test-boundary';
/** In the photo's metadata. */
export const LOCATION = 'Sitio Secreto';

export interface Part {
  readonly name?: string;
  readonly content: Buffer | string;
  /** Null makes it a text field. */
  readonly filename?: string | null;
}

export interface ImageBench {
  readonly test: TestApp;
  readonly seller: TestActor;
  /** Of the seller. */
  readonly product_id: string;
  /** Lying on its side, with camera data and the place where it was taken; 2000 by 1000 pixels. */
  readonly photo: Buffer;
  upload(parts: readonly Part[], id?: string, token?: string): Promise<LightMyRequestResponse>;
  media(image_id: string, size: string): Promise<LightMyRequestResponse>;
  /** As anybody sees them. */
  imagesOf(product_id: string): Promise<object[]>;
  createProduct(): Promise<string>;
}

export async function createImageBench(): Promise<ImageBench> {
  const test = await createTestApp();
  const seller = await createActor(test, { role: 'seller' });
  const make = async () => (await createProduct(test, seller)).id;
  const product_id = await make();
  return {
    test,
    seller,
    product_id,
    photo: await takePhoto(),
    upload: (parts, id = product_id, token = seller.token) => {
      const { payload, headers } = multipart(parts);
      const path = `/products/${id}/images`;
      return test.call({ method: 'POST', path, token, headers, body: payload });
    },
    media: (image_id, size) => test.app.inject({ url: `/media/${image_id}/${size}` }),
    imagesOf: async (id) => (await test.call({ path: `/products/${id}` })).json().images,
    createProduct: make,
  };
}

export function multipart(parts: readonly Part[]): {
  payload: Buffer;
  headers: Record<string, string>;
} {
  const chunks = parts.flatMap(({ name = 'image', content, filename = 'photo.jpg' }) => {
    const file = filename === null ? '' : `; filename="${filename}"\r\nContent-Type: image/jpeg`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')];
  });
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${BOUNDARY}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  };
}

function takePhoto(): Promise<Buffer> {
  return sharp({ create: { width: 2_000, height: 1_000, channels: 3, background: 'tomato' } })
    .jpeg()
    .withExif({ IFD0: { ImageDescription: LOCATION }, IFD3: { GPSLatitude: '14/1 35/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .toBuffer();
}
