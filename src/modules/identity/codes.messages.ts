// The words around a one-time code, in the languages of our users.
import type { CodePurpose } from './codes.queries.ts';

interface Wording {
  readonly subject: string;
  readonly text: string;
}

const WORDINGS: Readonly<
  Record<CodePurpose, Readonly<Record<'en' | 'fil', (code: string) => Wording>>>
> = {
  EMAIL: {
    en: (code) => ({
      subject: `${code} is your FreshBytes code`,
      text: `${code} confirms your e-mail address at FreshBytes. It works for 10 minutes. If you did not ask for it, ignore this message.`,
    }),
    fil: (code) => ({
      subject: `${code} ang iyong FreshBytes code`,
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
      subject: `${code} resets your FreshBytes password`,
      text: `${code} lets you choose a new FreshBytes password. It works for 10 minutes. If you did not ask for it, ignore this message: your password stays as it is.`,
    }),
    fil: (code) => ({
      subject: `${code} ang code para palitan ang iyong FreshBytes password`,
      text: `Gamitin ang ${code} para pumili ng bagong password sa FreshBytes. Gagana ito nang 10 minuto. Kung hindi ikaw ang humiling nito, balewalain ang mensaheng ito: hindi magbabago ang iyong password.`,
    }),
  },
};

/** English for a language that we do not speak. */
export function codeMessage(purpose: CodePurpose, language: string, code: string): Wording {
  return WORDINGS[purpose][language === 'fil' ? 'fil' : 'en'](code);
}
