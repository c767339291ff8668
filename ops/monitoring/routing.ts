// Whom Alertmanager tells: pages wake somebody, tickets are mail, and the dead man's switch goes to a service outside that
// calls when it receives nothing.

export interface Addresses {
  /** Holds the files of the tokens and of the mail server's password. */
  readonly credentials: string;
  /** Absent: pages are shown by Alertmanager, and sent to nobody. */
  readonly pager_url?: string | undefined;
  readonly switch_url?: string | undefined;
  readonly mail?: TicketMail | undefined;
}

export interface TicketMail {
  /** `host:port` */
  readonly server: string;
  readonly from: string;
  readonly to: string;
}

/** Of no installation: whoever has not said whom to tell, wakes and mails nobody. */
export const NOBODY: Addresses = { credentials: '/run/secrets' };

/** @param values of the settings in src/config/monitoring.ts */
export function addressesOf(values: ReadonlyMap<string, string>): Addresses {
  const server = values.get('MONITORING_MAIL_SERVER');
  const from = values.get('MONITORING_MAIL_FROM');
  const to = values.get('MONITORING_MAIL_TO');
  const isMailing = server !== undefined && from !== undefined && to !== undefined;
  return {
    ...NOBODY,
    pager_url: values.get('MONITORING_PAGER_URL'),
    switch_url: values.get('MONITORING_HEARTBEAT_URL'),
    mail: isMailing ? { server, from, to } : undefined,
  };
}

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

export function alertmanagerConfig({ credentials, pager_url, switch_url, mail }: Addresses) {
  const webhook = (url: string, token: string) => ({
    url,
    http_config: {
      authorization: { type: 'Bearer', credentials_file: `${credentials}/${token}` },
    },
  });
  return {
    ...(mail && {
      global: {
        smtp_smarthost: mail.server,
        smtp_from: mail.from,
        smtp_auth_username: mail.from,
        smtp_auth_password_file: `${credentials}/smtp_password`,
      },
    }),
    route: ROUTE,
    inhibit_rules: INHIBIT_RULES,
    receivers: [
      {
        name: RECEIVERS.page,
        ...(pager_url && { webhook_configs: [webhook(pager_url, 'pager_token')] }),
      },
      {
        name: RECEIVERS.ticket,
        ...(mail && { email_configs: [{ to: mail.to, send_resolved: true }] }),
      },
      {
        name: RECEIVERS.none,
        ...(switch_url && {
          webhook_configs: [{ ...webhook(switch_url, 'heartbeat_token'), send_resolved: false }],
        }),
      },
    ],
  };
}
