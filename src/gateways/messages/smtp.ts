// Mail through an SMTP server, named by one URL: `smtps://user:password@mail.example.com`.
import { createTransport } from 'nodemailer';
import type { MessageGateway } from './messages.ts';

/** Bounds each wait: for the name, the connection, the greeting, and every answer after it. */
export const SMTP_TIMEOUT_MS = 10_000;

interface SmtpOptions {
  readonly url: string;
  /** Sender as in a `From` header: `FreshBytes <no-reply@freshbytes.test>`. */
  readonly from: string;
  readonly timeout_ms?: number;
}

/** Sends plain-text mail, one connection a message; `send` throws what the server or the network answered. */
export function createSmtpGateway({
  url,
  from,
  timeout_ms = SMTP_TIMEOUT_MS,
}: SmtpOptions): MessageGateway {
  const transport = createTransport({
    url,
    dnsTimeout: timeout_ms,
    connectionTimeout: timeout_ms,
    greetingTimeout: timeout_ms,
    socketTimeout: timeout_ms,
  });
  return {
    channel: 'email',
    async send({ to, subject, text }) {
      // As an object an address is never read as a list of several; no content is ever a file or URL.
      const recipient = { name: '', address: to };
      await transport.sendMail({
        from,
        to: recipient,
        subject,
        text,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
  };
}
