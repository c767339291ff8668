// Whom Alertmanager tells: pages wake somebody, tickets are mail, and the dead man's switch goes to a service outside that
// calls when it hears nothing.

export interface Addresses {
  /** Holds the files of the tokens and of the mail server's password. */
  readonly credentials: string;
  readonly pager_url: string;
  readonly switch_url: string;
  readonly tickets_mail: string;
  readonly mail_server: string;
}

/** To be replaced by those of the installation. */
export const ADDRESSES: Addresses = {
  credentials: '/run/secrets',
  pager_url: 'https://pager.example.com/v1/alerts',
  switch_url: 'https://heartbeat.example.com/freshbytes',
  tickets_mail: 'operations@example.com',
  mail_server: 'mail.example.com:587',
};

/** Receiver by what an alert is labelled with; what no route takes is a ticket. */
export const RECEIVERS = { page: 'pager', ticket: 'tickets', none: 'dead-mans-switch' } as const;

const ROUTE = {
  receiver: RECEIVERS.ticket,
  group_by: ['alertname', 'slo'],
  group_wait: '30s',
  group_interval: '5m',
  repeat_interval: '1d',
  routes: [
    {
      receiver: RECEIVERS.none,
      matchers: ['severity="none"'],
      group_wait: '0s',
      group_interval: '1m',
      repeat_interval: '1m',
    },
    {
      receiver: RECEIVERS.page,
      matchers: ['severity="page"'],
      group_wait: '10s',
      repeat_interval: '1h',
    },
    { receiver: RECEIVERS.ticket, matchers: ['severity="ticket"'] },
  ],
};

const INHIBIT_RULES = [
  // Who is woken by the fast burn needs no mail about the slow one.
  {
    source_matchers: ['severity="page"', 'slo!=""'],
    target_matchers: ['severity="ticket"'],
    equal: ['slo'],
  },
  {
    source_matchers: ['alertname="ApiDown"'],
    target_matchers: ['alertname="ProcessDown"', 'job="api"'],
  },
  {
    source_matchers: ['alertname="DiskFullWithinHours"'],
    target_matchers: ['alertname="DiskFullWithinDays"'],
    equal: ['instance', 'mountpoint'],
  },
  {
    source_matchers: ['alertname="CertificateExpiresInDays"'],
    target_matchers: ['alertname="CertificateExpiresInWeeks"'],
    equal: ['instance'],
  },
];

export function alertmanagerConfig(addresses: Addresses) {
  const { credentials, pager_url, switch_url, tickets_mail, mail_server } = addresses;
  const webhook = (url: string, token: string) => ({
    url,
    http_config: {
      authorization: { type: 'Bearer', credentials_file: `${credentials}/${token}` },
    },
  });
  return {
    global: {
      smtp_smarthost: mail_server,
      smtp_from: 'alerts@example.com',
      smtp_auth_username: 'alerts@example.com',
      smtp_auth_password_file: `${credentials}/smtp_password`,
    },
    route: ROUTE,
    inhibit_rules: INHIBIT_RULES,
    receivers: [
      { name: RECEIVERS.page, webhook_configs: [webhook(pager_url, 'pager_token')] },
      {
        name: RECEIVERS.ticket,
        email_configs: [{ to: tickets_mail, send_resolved: true }],
      },
      {
        name: RECEIVERS.none,
        webhook_configs: [{ ...webhook(switch_url, 'heartbeat_token'), send_resolved: false }],
      },
    ],
  };
}
