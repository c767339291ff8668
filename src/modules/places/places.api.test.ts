import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { requireBarangay } from './places.service.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

const read = async (query = '') => (await test.call({ path: `/places${query}` })).json().results;
const codeOf = async (name: string, parent?: string) => {
  const query = new URLSearchParams({ search: name, ...(parent === undefined ? {} : { parent }) });
  return (await read(`?${query}`)).find((place: { name: string }) => place.name === name)?.code;
};

describe('places', () => {
  it('begins with the 18 regions, which have no parent', async () => {
    const regions = await read();
    expect(regions).toHaveLength(18);
    expect(regions.every((place: object) => !('parent_code' in place))).toBe(true);
  });

  it('walks down to the barangays of an independent city, which has no province', async () => {
    const baguio = await codeOf('Baguio City');
    const [city] = await read('?search=Baguio City');
    expect(city.level).toBe('city');
    const barangays = await read(`?parent=${baguio}`);
    expect(barangays.length).toBeGreaterThan(100);
    const names = await requireBarangay(test.system, barangays[0].code);
    expect(names).toMatchObject({ city: 'Baguio City', province: null });
  });

  it('shows Manila as the city of an address in one of its sub-municipalities', async () => {
    const tondo = (await read('?parent=1380600000'))[0];
    expect(tondo.level).toBe('sub_municipality');
    const [barangay] = await read(`?parent=${tondo.code}`);
    expect(await requireBarangay(test.system, barangay.code)).toMatchObject({
      city: 'Manila City',
      province: null,
    });
  });

  it('names the province where there is one', async () => {
    const town = (await read('?search=La Trinidad')).find(
      (place: { level: string }) => place.level === 'city',
    );
    const [barangay] = await read(`?parent=${town.code}`);
    expect(await requireBarangay(test.system, barangay.code)).toMatchObject({
      city: 'La Trinidad',
      province: 'Benguet',
    });
  });

  it('searches below a parent only, and takes wildcards literally', async () => {
    const everywhere = await read('?search=Poblacion');
    const benguet = (await read('?search=Benguet')).find(
      (place: { level: string }) => place.level === 'province',
    );
    const below = await read(`?search=Poblacion&parent=${benguet.code}`);
    expect(below.length).toBeGreaterThan(0);
    expect(below.length).toBeLessThan(everywhere.length);
    expect(await read('?search=%25_%25')).toEqual([]);
  });

  it.each(['?parent=123', '?parent=13', '?search=', '?level=city', '?search=a&search=b'])(
    'refuses %s',
    async (query) => {
      expect((await test.call({ path: `/places${query}` })).statusCode).toBe(400);
    },
  );

  it('is public and may be kept by shared caches that ask each time', async () => {
    const answer = await test.call({ path: '/places' });
    expect(answer.headers['cache-control']).toBe('public, max-age=0, must-revalidate');
    const again = await test.call({
      path: '/places',
      headers: { 'if-none-match': String(answer.headers['etag']) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });
});
