// Comma-separated values (RFC 4180), for spreadsheets and banks.

/** What a route answers with as `text/csv`. */
export class Csv {
  readonly text: string;

  constructor(rows: readonly (readonly string[])[]) {
    this.text = rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
  }
}

/** A spreadsheet must not take what people typed for a formula. */
const FORMULA = /^[=+@\t]|^-(?!\d+(\.\d+)?$)/;

function cell(text: string): string {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
