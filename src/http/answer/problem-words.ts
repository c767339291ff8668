// What each code means, in words for whoever meets one: the error pages and the examples in the documents are made of them.
import { DEMO_ORDER, DEMO_PRODUCTS, DEMO_SELLER } from '../../lib/demo-market.ts';
import type { FieldError, ProblemKind } from '../../lib/problem.ts';

interface ShortProduct {
  readonly product_id: string;
  readonly product_name: string;
  readonly available_quantity?: string;
  readonly unit?: string;
}

export interface ProblemWords {
  /** What happened. */
  readonly what: string;
  /** Why that is refused, or what leads to it. */
  readonly why: string;
  /** What the caller does now. */
  readonly remedy: string;
  /** What an answer of this code says, and where: members that differ from one answer to the next. */
  readonly example: {
    readonly detail: string;
    readonly instance: string;
    readonly errors?: readonly FieldError[];
    readonly products?: readonly ShortProduct[];
    readonly known_versions?: readonly string[];
    readonly total_amount?: string;
    readonly rate_limit?: {
      readonly rule: string;
      readonly limit: number;
      readonly period_seconds: number;
      readonly ends_at: string;
      readonly setting: string;
    };
  };
}

const [KAMATIS] = DEMO_PRODUCTS;
const SHORT = { product_id: KAMATIS.id, product_name: KAMATIS.name };

/** By code; a code without words fails a test. */
export const PROBLEM_WORDS: Readonly<Record<string, ProblemWords>> = {
  VALIDATION_ERROR: {
    what: 'The path, the query or the body of the request is not of the form that this operation takes.',
    why: 'Nothing is guessed or converted: a member that is unknown, missing, of another type or out of range is refused before anything is done.',
    remedy:
      'Read `errors`: each names the refused member as a JSON pointer and says what would be accepted. Correct them all and send the request again.',
    example: {
      detail: 'body/quantity must be a string: send "2.5" instead of 2.5.',
      instance: '/api/v1/cart/items',
      errors: [
        {
          pointer: '/quantity',
          message: 'must be a string: send "2.5" instead of 2.5',
          code: 'type',
        },
      ],
    },
  },
  UNAUTHENTICATED: {
    what: 'The request carries no access token, or one that this service has not signed.',
    why: 'The operation is only for people who are signed in.',
    remedy:
      'Sign in at `POST /auth/login` and send the header `Authorization: Bearer` with the `access` token of the answer.',
    example: { detail: 'Sign in first.', instance: '/api/v1/cart' },
  },
  TOKEN_EXPIRED: {
    what: 'The token was good once, and its time is over.',
    why: 'Access tokens live for 15 minutes, so that one that leaks is soon worth nothing.',
    remedy:
      'Send your `refresh` token to `POST /auth/login/refresh` and repeat the request with the new access token. Where the refresh token has ended too, sign in again.',
    example: {
      detail: 'Get a new token at POST /auth/login/refresh.',
      instance: '/api/v1/users/me',
    },
  },
  TOKEN_REVOKED: {
    what: 'The session behind this token has been ended.',
    why: 'Somebody signed out, changed the password or ended the session, or a refresh token was used twice, which means that it was copied.',
    remedy:
      'Sign in again at `POST /auth/login`. If you did not end the session yourself, change your password.',
    example: {
      detail: 'This session has ended: sign in again.',
      instance: '/api/v1/orders',
    },
  },
  FORBIDDEN: {
    what: 'You are signed in, and this operation is not open to you.',
    why: 'It is for another role, or your account or shop is not in the standing that it asks for. `detail` says which.',
    remedy: 'Do it with an account that may. `GET /auth/permissions` lists what yours can do.',
    example: { detail: 'This is for: seller, admin.', instance: '/api/v1/products' },
  },
  VERIFICATION_REQUIRED: {
    what: 'The account has confirmed neither an e-mail address nor a phone number.',
    why: 'Carts, orders and reviews are for people who can be reached.',
    remedy:
      'Ask for a code at `POST /auth/verify/email/request` or `POST /auth/verify/phone/request`, send it to `POST /auth/verify/email` or `POST /auth/verify/phone`, then repeat the request.',
    example: {
      detail: 'Confirm your e-mail address or phone number first: POST /auth/verify/email/request.',
      instance: '/api/v1/cart/items',
    },
  },
  MFA_REQUIRED: {
    what: 'A second factor is missing: with 401 its code in the sign-in, with 403 the factor itself.',
    why: 'The account has a second factor set up, or its role must have one.',
    remedy:
      'With 401, send `otp` with the sign-in. With 403, set a factor up at `POST /auth/mfa/totp/enroll`, confirm it at `POST /auth/mfa/totp/confirm` and sign in with it.',
    example: {
      detail: 'Send `otp` too: six digits of your authenticator app, or a recovery code.',
      instance: '/api/v1/auth/login',
    },
  },
  STEP_UP_REQUIRED: {
    what: 'You are signed in, and for this you have to prove once more who you are.',
    why: 'Addresses, passwords, second factors, sessions and accounts are changed only within five minutes of a proof, so that a stolen token takes nobody’s account.',
    remedy:
      'Send your password, and `otp` where a second factor is set up, to `POST /auth/step-up`, then repeat the request within five minutes.',
    example: {
      detail:
        'This needs a proof of who you are from the last five minutes: send your password, and a code where a second factor is set up, to POST /auth/step-up, then repeat the request.',
      instance: '/api/v1/users/me',
    },
  },
  INVALID_CREDENTIALS: {
    what: 'The password, the code or the pair of address and password is not right.',
    why: 'The answer is the same for an unknown address and for a wrong password, so that nobody learns who has an account.',
    remedy:
      'Check what you typed. A forgotten password is replaced at `POST /auth/password/forgot`.',
    example: {
      detail: 'E-mail address and password do not belong together.',
      instance: '/api/v1/auth/login',
    },
  },
  ACCOUNT_INACTIVE: {
    what: 'The password is right, and the account is closed.',
    why: 'An admin has closed it, or its owner has deleted it.',
    remedy: 'Ask support to open it again, with the `request_id` of the answer.',
    example: {
      detail: 'This account is closed: ask support to open it again.',
      instance: '/api/v1/auth/login',
    },
  },
  NOT_FOUND: {
    what: 'There is nothing at this address that you can see.',
    why: 'The address does not exist, the id in it is not of the form of an id, or the object is gone or belongs to somebody else: the last two are not told apart.',
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
      'Wait for as many seconds as `Retry-After` says. The headers `RateLimit` and `RateLimit-Policy` of every answer tell what is left.',
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
    why: 'Networks fail between the deed and its answer. With a key a repeat gets the first answer instead of a second order or refund.',
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
  LIMIT_REACHED: {
    what: 'There are already as many of these as one account or product may have.',
    why: 'Products, lots, promos, addresses and images are bounded, so that nobody fills the market for everybody else.',
    remedy: 'Remove or end what is no longer needed, then send the request again.',
    example: {
      detail: 'There are as many of these as may be: remove one first.',
      instance: '/api/v1/products',
    },
  },
  LINE_TOO_SMALL: {
    what: 'A line of the order costs less than the least that is sold.',
    why: 'A crumb of something costs more to bring than it brings in.',
    remedy: 'Order more of each of `products` with `PUT /cart/items/{product_id}`.',
    example: {
      detail: `Order more of each. The least before promos is, of ${KAMATIS.name}: 1.00.`,
      instance: '/api/v1/orders/checkout',
      products: [SHORT],
    },
  },
  UNPAID_LIMIT: {
    what: 'You have as much ordered and not yet paid as is allowed.',
    why: 'Unpaid orders hold stock that others could buy, so their number, their worth and their share of a product are bounded.',
    remedy:
      'Pay an open order or cancel it with `POST /orders/{id}/cancel`, or wait until one is delivered; then order again.',
    example: {
      detail:
        'You have as many unpaid orders as are allowed. Pay or cancel an open order, or wait until one is delivered; then order again.',
      instance: '/api/v1/orders/checkout',
    },
  },
  OPEN_ORDERS: {
    what: 'The account or the shop cannot be closed while orders of it are open.',
    why: 'Somebody has paid for them or waits for them, and nobody else could bring them to an end.',
    remedy:
      'Deliver them or cancel them first, with `PATCH /orders/{id}/status` or `POST /orders/{id}/cancel`.',
    example: {
      detail:
        'This seller has 2 open seller orders: deliver or cancel them first, at PATCH /orders/{id}/status.',
      instance: `/api/v1/sellers/${DEMO_SELLER.id}`,
    },
  },
  INSUFFICIENT_STOCK: {
    what: 'There is less in stock than the order asks for.',
    why: 'Others bought it, or the harvest has passed its time, since it was put into the cart. Nothing has been ordered or reserved.',
    remedy:
      'Read `products`: it names what is short and how much is left. Change those quantities with `PUT /cart/items/{product_id}` and check out again.',
    example: {
      detail: `Not enough in stock. ${KAMATIS.name}: 0.500 kg left.`,
      instance: '/api/v1/orders/checkout',
      products: [{ ...SHORT, available_quantity: '0.500', unit: 'kg' }],
    },
  },
  PRODUCT_UNAVAILABLE: {
    what: 'A product cannot be bought at the moment.',
    why: 'It has been paused or removed, its seller is not selling, or it is your own.',
    remedy:
      'Remove it with `DELETE /cart/items/{product_id}`; at checkout `products` names each one.',
    example: {
      detail: `Not on sale at the moment: ${KAMATIS.name}. Remove them from the cart.`,
      instance: '/api/v1/orders/checkout',
      products: [SHORT],
    },
  },
  EMPTY_CART: {
    what: 'There is nothing in the cart to order.',
    why: 'The cart is empty, or the lines named by `cart_item_ids` are no longer in it.',
    remedy: 'Put something in with `POST /cart/items`, or look at `GET /cart` for what is there.',
    example: { detail: 'The cart is empty.', instance: '/api/v1/orders/checkout' },
  },
  PRICE_CHANGED: {
    what: 'The order would cost something else than your `expected_total`.',
    why: 'A price changed, or a promo began or ended, since the cart was shown.',
    remedy: 'Show the buyer `GET /cart` again, and check out with the new total once they agree.',
    example: {
      detail: 'The total is now 250.50, not 240.00. Look at the cart again.',
      instance: '/api/v1/orders/checkout',
      total_amount: '250.50',
    },
  },
  PAYMENT_REQUIRED: {
    what: 'The order waits for its payment and cannot be moved on.',
    why: 'Goods bought with a wallet leave the farm once they are paid.',
    remedy:
      'Wait until the buyer has paid; an order that stays unpaid is cancelled by itself. You may cancel it before.',
    example: {
      detail: 'The buyer has not paid yet; the order can be cancelled, but not moved on.',
      instance: `/api/v1/orders/${DEMO_ORDER.id}/status`,
    },
  },
  INVALID_STATUS_TRANSITION: {
    what: 'The object cannot go from the status that it has to the one that you ask for.',
    why: 'Orders go from PENDING over CONFIRMED and SHIPPED to DELIVERED, or are cancelled on the way; sellers are verified, suspended and reinstated.',
    remedy: 'Read the object for the status that it has now, and ask for one that follows it.',
    example: {
      detail: 'A seller that is VERIFIED cannot be verified.',
      instance: `/api/v1/sellers/${DEMO_SELLER.id}/verify`,
    },
  },
};

const SAMPLE = {
  request_id: '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  timestamp: '2026-03-02T02:00:00.000Z',
} as const;

/** A whole answer of this kind, as the documents and the pages show it. */
export function exampleAnswer({ code, status, title }: ProblemKind, publicUrl: string) {
  const known: ProblemWords['example'] | undefined = PROBLEM_WORDS[code]?.example;
  const { detail, instance, ...members } = known ?? { detail: title, instance: '/' };
  const type = `${publicUrl}/docs/errors/${code}`;
  return { type, title, status, detail, instance, code, ...SAMPLE, ...members };
}
