import { describe, expect, it } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import { addOrderId, type ReturnSettings, returnAddress } from './return-addresses.rules.ts';

const LISTED: ReturnSettings = {
  PAYMENT_RETURN_ORIGINS: 'https://market.freshbytes.ph, https://app.freshbytes.ph:8443',
  isDevelopment: false,
};
const UNLISTED: ReturnSettings = { isDevelopment: false };
const DEVELOPMENT: ReturnSettings = { isDevelopment: true };

/** Pointers of what is refused; undefined where nothing is. */
function refusalOf(settings: ReturnSettings, address: string): unknown {
  try {
    returnAddress(settings, address, '/return_url');
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.extras.errors?.map(({ pointer }) => pointer);
  }
}

describe('a return address', () => {
  it.each([
    [
      'https://market.freshbytes.ph/thanks?x=1#paid',
      'https://market.freshbytes.ph/thanks?x=1#paid',
    ],
    ['HTTPS://Market.FreshBytes.ph:443', 'https://market.freshbytes.ph/'],
    ['https://app.freshbytes.ph:8443/', 'https://app.freshbytes.ph:8443/'],
  ])('%s is of a listed origin', (given, kept) => {
    expect(returnAddress(LISTED, given, '/return_url')).toBe(kept);
  });

  it.each([
    'https://market.freshbytes.ph.evil.example/',
    'https://market.freshbytes.ph@evil.example/',
    'https://user:password@market.freshbytes.ph/',
    'https://user@market.freshbytes.ph/',
    'https://evil.example/https://market.freshbytes.ph',
    'https://evil.example\\@market.freshbytes.ph/',
    'https:\\\\evil.example/market.freshbytes.ph',
    'http://market.freshbytes.ph/',
    'https://market.freshbytes.ph:8443/',
    'https://app.freshbytes.ph/',
    'https://sub.market.freshbytes.ph/',
    'https://xn--market-freshbytes.ph/',
    '//market.freshbytes.ph/',
    '/thanks',
    'javascript:alert(1)//https://market.freshbytes.ph',
    'data:text/html,https://market.freshbytes.ph',
    'blob:https://market.freshbytes.ph/1',
    'http://localhost:3000/',
    '',
    'null',
  ])('%s is refused', (given) => {
    expect(refusalOf(LISTED, given)).toEqual(['/return_url']);
  });

  it('is refused where none is listed, this machine’s too', () => {
    for (const given of ['https://market.freshbytes.ph/', 'http://localhost:3000/'])
      expect(refusalOf(UNLISTED, given)).toBeDefined();
  });

  it.each(['http://localhost:3000/thanks', 'http://127.0.0.1:5173/', 'http://[::1]/'])(
    'of this machine (%s) needs no list in development',
    (given) => {
      expect(returnAddress(DEVELOPMENT, given, '/return_url')).toBe(given);
    },
  );

  it.each(['http://localhost.evil.example/', 'http://127.0.0.1.evil.example/', 'ftp://localhost/'])(
    '%s is of another machine or no page',
    (given) => {
      expect(refusalOf(DEVELOPMENT, given)).toBeDefined();
    },
  );

  it('may be left out', () => {
    expect(returnAddress(LISTED, undefined, '/return_url')).toBeNull();
  });
});

it('the order’s id joins the query, in place of one that was there', () => {
  expect(addOrderId('https://market.freshbytes.ph/thanks?a=1&order_id=x#top', 'o1')).toBe(
    'https://market.freshbytes.ph/thanks?a=1&order_id=o1#top',
  );
});
