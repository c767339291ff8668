// SQL that reads the whole journal, or a period of it, for an export.

/** Whose part of an account a line is about. */
const PARTY = 'coalesce(l.seller_id::text, l.subaccount)';

/** Every account that the journal uses, and the day of its first entry. */
export const SELECT_ACCOUNTS = `
  SELECT l.account, ${PARTY} AS party,
    (SELECT to_char(min(created_at) AT TIME ZONE 'Asia/Manila', 'YYYY-MM-DD') FROM journal_entries) AS since
  FROM (SELECT DISTINCT account, seller_id, subaccount FROM journal_lines) l
  ORDER BY 1, 2`;

/** The entries from one day in the Philippines to another, both included; null for no bound. */
export const SELECT_ENTRIES = `
  SELECT e.id, e.kind, e.seller_order_id, o.order_number,
    to_char(e.created_at AT TIME ZONE 'Asia/Manila', 'YYYY-MM-DD') AS date,
    to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
    (SELECT json_agg(json_build_object(
        'account', l.account, 'party', ${PARTY}, 'centavos', l.debit_centavos - l.credit_centavos)
        ORDER BY l.line_number)
      FROM journal_lines l WHERE l.entry_id = e.id) AS lines
  FROM journal_entries e LEFT JOIN orders o ON o.id = e.order_id
  WHERE e.created_at >= coalesce($1::date::timestamp AT TIME ZONE 'Asia/Manila', '-infinity')
    AND e.created_at < coalesce(($2::date + 1)::timestamp AT TIME ZONE 'Asia/Manila', 'infinity')
  ORDER BY e.created_at, e.id`;
