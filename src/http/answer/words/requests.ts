// The request itself, and the state of the service.
import { DEMO_PRODUCTS } from '../../../lib/demo-market.ts';
import type { ProblemWords } from './words.ts';

const [KAMATIS] = DEMO_PRODUCTS;

export const REQUESTS_WORDS: Readonly<Record<string, ProblemWords>> = {
  NOT_FOUND: {
    what: 'There is nothing at this address that you can see.',
    why: 'The address does not exist, the id in it is not of the form of an id, or the object is gone or belongs to somebody else: the last two get the same answer.',
    remedy:
      'Compare the path with the document of the API, and the id with the one that a list gave you.',
    example: {
      detail: 'There is no such order.',
      instance: '/api/v1/orders/OID-2026-999999',
    },
  },
  UNKNOWN_API_VERSION: {
    what: 'The path names a version of the API that does not exist.',
    why: 'Every operation is below `/api/v1` or `/api/v2`.',
    remedy: 'Use one of `known_versions` in the path.',
    example: {
      detail: 'Known versions are v1 and v2.',
      instance: '/api/v3/products',
      known_versions: ['v1', 'v2'],
    },
  },
  METHOD_NOT_ALLOWED: {
    what: 'The address exists, and does not answer this method.',
    why: 'An address answers only the methods that the document of the API lists for it.',
    remedy: 'Use one of the methods in the header `Allow`.',
    example: { detail: 'This address answers GET, HEAD.', instance: '/api/v1/places' },
  },
  REQUEST_TIMEOUT: {
    what: 'The request did not arrive whole in the time that it had.',
    why: 'A connection that sends a request byte by byte would keep others out.',
    remedy: 'Send the request again over a better connection, with a smaller body if it has one.',
    example: { detail: 'The request did not arrive in time.', instance: '/' },
  },
  CONFLICT: {
    what: 'The request is well formed and does not go together with what exists.',
    why: 'A name, an address or a number is taken already, the object is in use, or a payment is not in a state for this.',
    remedy:
      'Read `detail`, and `errors` where a member of the body is named. Choose another value, or bring the other object into the state that is asked for.',
    example: {
      detail: 'This SKU is taken by another of your products.',
      instance: '/api/v1/products',
      errors: [
        {
          pointer: '/sku',
          message: 'This SKU is taken by another of your products.',
          code: 'taken',
        },
      ],
    },
  },
  VERSION_RETIRED: {
    what: 'The operation, or its whole version, has been retired.',
    why: 'It was announced as deprecated, with this day in the header `Sunset` of its answers.',
    remedy:
      'Use the successor that `detail` names. What is retired is listed on the page of the versions, which the header `Link` leads to.',
    example: {
      detail: 'GET /api/v1/products was retired on 2027-06-30. Use GET /api/v2/products.',
      instance: '/api/v1/products',
    },
  },
  STALE_VERSION: {
    what: 'The object has been changed since you read it.',
    why: 'Your `If-Match` names an older version; to go on would undo what somebody else did.',
    remedy:
      'Read the object again, apply your change to it, and send the new `ETag` as `If-Match`.',
    example: {
      detail: 'The current version is 4. Read the object again and repeat your change.',
      instance: `/api/v1/products/${KAMATIS.id}`,
    },
  },
  PAYLOAD_TOO_LARGE: {
    what: 'The body of the request is larger than this operation reads.',
    why: 'JSON may have 1 MiB, and an image 5 MiB.',
    remedy: 'Send fewer objects at once, or a smaller image.',
    example: {
      detail: 'Send a smaller file.',
      instance: `/api/v1/products/${KAMATIS.id}/images`,
    },
  },
  UNSUPPORTED_MEDIA_TYPE: {
    what: 'The body is of a kind that this operation does not read.',
    why: 'Operations take `application/json`; uploads take `multipart/form-data` with a JPEG, PNG or WebP.',
    remedy: 'Send the body as what it is, with its `Content-Type`.',
    example: { detail: 'Send application/json.', instance: '/api/v1/auth/login' },
  },
  RATE_LIMITED: {
    what: 'You have used up what a limit allows for now.',
    why: 'Limits count requests by user, by network or by session, so that nobody takes the service from others. `rate_limit` names the rule.',
    remedy:
      'Wait for as many seconds as `Retry-After` says. The headers `RateLimit` and `RateLimit-Policy` of every answer show what is left.',
    example: {
      detail:
        'The rule "search" allows 60 requests a user in 60 s; wait 12 s, until 2026-03-02T02:00:12.000Z. It is set by RATE_LIMIT_SEARCH.',
      instance: '/api/v1/products',
      rate_limit: {
        rule: 'search',
        limit: 60,
        period_seconds: 60,
        ends_at: '2026-03-02T02:00:12.000Z',
        setting: 'RATE_LIMIT_SEARCH',
      },
    },
  },
  HEADERS_TOO_LARGE: {
    what: 'The headers of the request are larger than the service reads.',
    why: 'Cookies of other applications on the same host are the usual reason; this API uses none.',
    remedy: 'Send fewer or shorter headers, and no cookies.',
    example: { detail: 'Send smaller headers.', instance: '/' },
  },
  INTERNAL_ERROR: {
    what: 'The service failed at something that nobody foresaw.',
    why: 'This is a fault of the service and not of your request. It has been recorded under the `request_id`.',
    remedy:
      'Try again once, with the same `Idempotency-Key` where you sent one. If it stays, report it with the `request_id`.',
    example: {
      detail: 'Quote the request id if you report this.',
      instance: '/api/v1/orders/checkout',
    },
  },
  SERVICE_UNAVAILABLE: {
    what: 'The service cannot do this at the moment.',
    why: 'It is starting or stopping, its database does not answer, or it has more to do than it can.',
    remedy:
      'Wait for as many seconds as `Retry-After` says and try again, each time a little longer. A `POST` is safe to repeat with the same `Idempotency-Key`.',
    example: {
      detail: 'The database does not answer at the moment. Try again shortly.',
      instance: '/api/v1/products',
    },
  },
  IDEMPOTENCY_KEY_REQUIRED: {
    what: 'The request has no `Idempotency-Key`, and this operation moves money.',
    why: 'Networks fail between the change and its answer. With a key a repeat gets the first answer instead of a second order or refund.',
    remedy:
      'Send the header `Idempotency-Key` with a fresh random value, such as a UUID, and the same value when you retry.',
    example: {
      detail:
        'Send an Idempotency-Key header with a fresh random value, and the same one when you retry.',
      instance: '/api/v1/orders/checkout',
    },
  },
  IDEMPOTENCY_KEY_REUSED: {
    what: 'The `Idempotency-Key` has been used for a request with another path or body.',
    why: 'A key stands for one request and its answer, for 24 hours.',
    remedy: 'Use a fresh key for each new request, and keep it for repeats of that one alone.',
    example: {
      detail: 'This key was used for another request; use a fresh one.',
      instance: '/api/v1/orders/checkout',
    },
  },
  IDEMPOTENCY_IN_PROGRESS: {
    what: 'A request with this `Idempotency-Key` is being worked on right now.',
    why: 'You, or a proxy before you, repeated it before its answer was there.',
    remedy: 'Wait a second and send the very same request again: it gets the answer of the first.',
    example: {
      detail: 'Wait for the first request to end, then repeat it to get its answer.',
      instance: '/api/v1/orders/checkout',
    },
  },
};
