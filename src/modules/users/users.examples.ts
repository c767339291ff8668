// What the documents show of accounts, sign-in and addresses: the demo customer, and somebody who joins.
import { DEMO_ADDRESS, DEMO_PASSWORD, DEMO_PEOPLE, demoId } from '../../lib/demo-market.ts';

const { customer } = DEMO_PEOPLE;
const CHOSEN_PASSWORD = 'kalabasa-sa-ilalim-7';
const REFRESH_TOKEN = 'b0Qw4sXyT1mJr8nVh2kZc7pLf5dGa3eU';

const User = {
  ...customer,
  language: 'en',
  role: 'customer',
  seller_id: null,
  pending_email: null,
  pending_phone: null,
  email_verified: true,
  phone_verified: true,
  mfa_enabled: false,
  is_active: true,
  terms_accepted: true,
  created_at: '2024-11-09T03:20:00.000Z',
  updated_at: '2024-11-09T03:20:00.000Z',
} as const;

const TokenPair = {
  access: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
  refresh: REFRESH_TOKEN,
  token_type: 'Bearer',
  expires_in: 900,
} as const;

export const examples = {
  Registration: {
    user_name: 'ana.ramos',
    user_email: 'ana.ramos@example.com',
    user_phone: '0918 123 4567',
    first_name: 'Ana',
    last_name: 'Ramos',
    language: 'fil',
    password: CHOSEN_PASSWORD,
    terms_accepted: true,
  },
  User,
  Login: { user_email: customer.user_email, password: DEMO_PASSWORD },
  StepUp: { password: DEMO_PASSWORD },
  SteppedUp: { valid_until: '2026-03-02T01:53:00.000Z' },
  Refresh: { refresh: REFRESH_TOKEN },
  TokenPair,
  SignedIn: { ...TokenPair, user: User },
  Permissions: {
    role: 'customer',
    permissions: [
      'profile.manage',
      'addresses.manage',
      'sellers.follow',
      'sellers.apply',
      'favorites.manage',
      'cart.manage',
      'orders.place',
      'orders.cancel_own',
      'reviews.write',
    ],
  },
  Session: {
    id: demoId(81),
    is_current: true,
    user_agent: 'Mozilla/5.0 (Linux; Android 14) Chrome/124.0 Mobile',
    ip_prefix: '203.0.113.0/24',
    created_at: '2026-03-01T01:05:00.000Z',
    last_used_at: '2026-03-02T01:48:00.000Z',
    expires_at: '2026-04-01T01:48:00.000Z',
  },
  VerificationStatus: {
    verification_status: 'VERIFIED',
    message: 'Your account is verified.',
    can_perform_actions: true,
    email_verified: true,
    phone_verified: true,
  },
  VerificationCode: { code: '123456' },
  Accepted: { message: 'A code is on its way to your e-mail address.' },
  PasswordForgotten: { user_email: customer.user_email },
  ResetRequested: {
    message: 'If an account confirmed this address, a code is on its way to it.',
    reset_id: demoId(82),
  },
  PasswordReset: {
    user_email: customer.user_email,
    reset_id: demoId(82),
    code: '123456',
    new_password: CHOSEN_PASSWORD,
  },
  PasswordChange: { current_password: DEMO_PASSWORD, new_password: CHOSEN_PASSWORD },
  ClaimRequest: { user_email: 'ana.ramos@example.com' },
  ClaimRequested: {
    message: 'If an account holds this address unconfirmed, a code is on its way to it.',
    claim_id: demoId(83),
  },
  Claim: { user_email: 'ana.ramos@example.com', claim_id: demoId(83), code: '123456' },
  ContactUndo: { token: `${demoId(84)}.q3Zb0mVx8nQ2rT5uW7yA1c` },
  OtpProof: { otp: '123456' },
  TotpEnrollment: {
    secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    otpauth_url:
      'otpauth://totp/FreshBytes:customer%40freshbytes.test?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=FreshBytes',
  },
  RecoveryCodes: { recovery_codes: ['7mq2k-x9b4t', 'w3hfz-p6d8n', 'c5r9v-2jkt7'] },
  OwnProfilePatch: { first_name: 'Maria Clara', language: 'fil' },
  NewAddress: {
    label: 'Opisina',
    recipient_name: 'Maria Santos',
    recipient_phone: '0917 000 0003',
    street: '148 Quezon Ave.',
    landmark: 'near the barangay hall',
    barangay_code: '1381300020',
    zip_code: '1100',
    is_default: false,
  },
  AddressPatch: { landmark: 'green gate', is_default: true },
  Address: {
    ...DEMO_ADDRESS,
    province: null,
    recipient_name: 'Maria Santos',
    recipient_phone: customer.user_phone,
    zip_code: null,
    is_default: true,
    created_at: '2024-11-09T04:20:00.000Z',
    updated_at: '2024-11-09T04:20:00.000Z',
  },
} as const;
