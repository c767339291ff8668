// Messages about changes to an account's security, in the languages of our users. An SMS has no subject, so
// each text stands alone.
import type { Language } from '../../lib/language.ts';

export interface Wording {
  readonly subject: string;
  readonly text: string;
}

export type NoticeKind =
  | 'mfa_enabled'
  | 'mfa_disabled'
  | 'mfa_cleared'
  | 'password_changed'
  | 'email_claimed'
  | 'contact_undone'
  | 'contact_replaced';

const NOTICES: Readonly<Record<NoticeKind, Readonly<Record<Language, Wording>>>> = {
  mfa_enabled: {
    en: {
      subject: 'A second factor was set up',
      text: 'A second factor was set up for your FreshBytes account. If it was not you, change your password and write to support.',
    },
    fil: {
      subject: 'May naidagdag na second factor',
      text: 'May naidagdag na second factor sa iyong FreshBytes account. Kung hindi ikaw ito, palitan ang iyong password at sumulat sa support.',
    },
  },
  mfa_disabled: {
    en: {
      subject: 'Your second factor was switched off',
      text: 'The second factor of your FreshBytes account was switched off. If it was not you, change your password and write to support.',
    },
    fil: {
      subject: 'Inalis ang iyong second factor',
      text: 'Inalis ang second factor ng iyong FreshBytes account. Kung hindi ikaw ito, palitan ang iyong password at sumulat sa support.',
    },
  },
  mfa_cleared: {
    en: {
      subject: 'Support removed your second factor',
      text: 'Support removed the second factor of your FreshBytes account and signed you out everywhere. If you did not ask for it, change your password and write to support.',
    },
    fil: {
      subject: 'Inalis ng support ang iyong second factor',
      text: 'Inalis ng support ang second factor ng iyong FreshBytes account at na-sign out ka sa lahat. Kung hindi mo ito hiniling, palitan ang iyong password at sumulat sa support.',
    },
  },
  password_changed: {
    en: {
      subject: 'Your password was changed',
      text: 'The password of your FreshBytes account was changed. If it was not you, reset it now and write to support.',
    },
    fil: {
      subject: 'Napalitan ang iyong password',
      text: 'Napalitan ang password ng iyong FreshBytes account. Kung hindi ikaw ito, i-reset ito ngayon at sumulat sa support.',
    },
  },
  email_claimed: {
    en: {
      subject: 'Your e-mail address was removed',
      text: 'The e-mail address of your FreshBytes account was never confirmed, and its owner has claimed it. Write to support to give your account another one.',
    },
    fil: {
      subject: 'Inalis ang iyong e-mail',
      text: 'Hindi nakumpirma ang e-mail ng iyong FreshBytes account, at kinuha ito ng may-ari. Sumulat sa support para mabigyan ng iba ang iyong account.',
    },
  },
  contact_undone: {
    en: {
      subject: 'The change was undone',
      text: 'A change of how your FreshBytes account is reached was undone, and everybody was signed out. Choose a new password now: ask for a code under "forgot my password".',
    },
    fil: {
      subject: 'Ibinalik ang dati',
      text: 'Ibinalik ang dating contact ng iyong FreshBytes account at na-sign out ang lahat. Pumili ngayon ng bagong password: humingi ng code sa "nakalimutan ang password".',
    },
  },
  contact_replaced: {
    en: {
      subject: 'Support changed how your account is reached',
      text: 'Support gave your FreshBytes account another e-mail address or number. If you did not ask for it, write to support.',
    },
    fil: {
      subject: 'Pinalitan ng support ang iyong contact',
      text: 'Pinalitan ng support ang e-mail o numero ng iyong FreshBytes account. Kung hindi mo ito hiniling, sumulat sa support.',
    },
  },
};

export function noticeMessage(kind: NoticeKind, language: Language): Wording {
  return NOTICES[kind][language];
}
