// Messages to the old address when an account gets another one, with the link that undoes it.

import type { Language } from '../../../lib/language.ts';
import type { Wording } from '../notices.messages.ts';
import type { Contact } from './contacts.rules.ts';

export type ChangeEvent = 'requested' | 'confirmed';

type Wordings = Readonly<Record<Language, (undo_url: string) => Wording>>;

const MESSAGES: Readonly<Record<Contact, Readonly<Record<ChangeEvent, Wordings>>>> = {
  email: {
    requested: {
      en: (url) => ({
        subject: 'Somebody asked to change your e-mail address',
        text: `Somebody asked to give your FreshBytes account another e-mail address. If it was not you, stop it and sign out everybody: ${url}`,
      }),
      fil: (url) => ({
        subject: 'May gustong magpalit ng iyong e-mail',
        text: `May humiling na palitan ang e-mail ng iyong FreshBytes account. Kung hindi ikaw ito, pigilan ito at i-sign out ang lahat: ${url}`,
      }),
    },
    confirmed: {
      en: (url) => ({
        subject: 'Your e-mail address was changed',
        text: `Your FreshBytes account has another e-mail address now. If it was not you, undo it within seven days and sign out everybody: ${url}`,
      }),
      fil: (url) => ({
        subject: 'Napalitan ang iyong e-mail',
        text: `May ibang e-mail na ang iyong FreshBytes account. Kung hindi ikaw ang nagpalit, ibalik ito sa loob ng pitong araw at i-sign out ang lahat: ${url}`,
      }),
    },
  },
  phone: {
    requested: {
      en: (url) => ({
        subject: 'Somebody asked to change your number',
        text: `Somebody asked to change the number of your FreshBytes account. Not you? Stop it: ${url}`,
      }),
      fil: (url) => ({
        subject: 'May gustong magpalit ng iyong numero',
        text: `May humiling na palitan ang numero ng iyong FreshBytes account. Hindi ikaw? Pigilan: ${url}`,
      }),
    },
    confirmed: {
      en: (url) => ({
        subject: 'Your number was changed',
        text: `The number of your FreshBytes account was changed. Not you? Undo it within seven days: ${url}`,
      }),
      fil: (url) => ({
        subject: 'Napalitan ang iyong numero',
        text: `Napalitan ang numero ng iyong FreshBytes account. Hindi ikaw? Ibalik sa loob ng pitong araw: ${url}`,
      }),
    },
  },
};

export function changeMessage(
  change: { readonly contact: Contact; readonly event: ChangeEvent; readonly language: Language },
  undo_url: string,
): Wording {
  const wordings = MESSAGES[change.contact][change.event];
  return wordings[change.language](undo_url);
}
