// The words around a one-time code, in the languages of our users. Never in a subject: phones show those while locked.
import type { Language } from '../../../lib/language.ts';
import type { CodePurpose } from './codes.queries.ts';

interface Wording {
  readonly subject: string;
  readonly text: string;
}

const WORDINGS: Readonly<
  Record<CodePurpose, Readonly<Record<Language, (code: string) => Wording>>>
> = {
  EMAIL: {
    en: (code) => ({
      subject: 'Your FreshBytes code',
      text: `${code} confirms your e-mail address at FreshBytes. It works for 10 minutes. If you did not ask for it, ignore this message.`,
    }),
    fil: (code) => ({
      subject: 'Ang iyong FreshBytes code',
      text: `${code} ang code para kumpirmahin ang iyong e-mail sa FreshBytes. Gagana ito nang 10 minuto. Kung hindi ikaw ang humiling nito, balewalain ang mensaheng ito.`,
    }),
  },
  PHONE: {
    en: (code) => ({
      subject: 'Your FreshBytes code',
      text: `${code} is your FreshBytes code. It works for 10 minutes. Tell it to nobody.`,
    }),
    fil: (code) => ({
      subject: 'Ang iyong FreshBytes code',
      text: `${code} ang iyong FreshBytes code. Gagana ito nang 10 minuto. Huwag itong sabihin kaninuman.`,
    }),
  },
  PASSWORD_RESET: {
    en: (code) => ({
      subject: 'Reset your FreshBytes password',
      text: `${code} lets you choose a new FreshBytes password. It works for 10 minutes. If you did not ask for it, ignore this message: your password stays as it is.`,
    }),
    fil: (code) => ({
      subject: 'Palitan ang iyong FreshBytes password',
      text: `Gamitin ang ${code} para pumili ng bagong password sa FreshBytes. Gagana ito nang 10 minuto. Kung hindi ikaw ang humiling nito, balewalain ang mensaheng ito: hindi magbabago ang iyong password.`,
    }),
  },
  EMAIL_CLAIM: {
    en: (code) => ({
      subject: 'Free your e-mail address at FreshBytes',
      text: `Somebody registered this address at FreshBytes and never confirmed it. ${code} takes it from that account, so that you can register with it. It works for 10 minutes. If you did not ask for it, ignore this message.`,
    }),
    fil: (code) => ({
      subject: 'Bawiin ang iyong e-mail sa FreshBytes',
      text: `May nagrehistro gamit ang e-mail na ito sa FreshBytes at hindi ito nakumpirma. Aalisin ito ng ${code} sa account na iyon para magamit mo. Gagana ito nang 10 minuto. Kung hindi ikaw ang humiling nito, balewalain ang mensaheng ito.`,
    }),
  },
};

export function codeMessage(purpose: CodePurpose, language: Language, code: string): Wording {
  return WORDINGS[purpose][language](code);
}
