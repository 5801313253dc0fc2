/**
 * The text of delivery receipts (SMPP 3.4 appendix B) in the dialect that the behaviour asks for. It writes text only;
 * the PDU around it is in receipt-writer.ts.
 */
import type { Behaviour } from './behaviour.ts';
import type { RECEIPT_FIELDS, ReceiptState } from './behaviour-receipts.ts';

type Dialect = Behaviour['receipts']['dialect'];
type Field = (typeof RECEIPT_FIELDS)[number];

export interface ReceiptFacts {
  id: string;
  state: ReceiptState;
  submittedAtMs: number;
  doneAtMs: number;
  /** The start of the message's text. */
  text: string;
}

const WORDS: Readonly<Record<ReceiptState, string>> = {
  delivered: 'DELIVRD',
  undeliverable: 'UNDELIV',
  expired: 'EXPIRED',
  rejected: 'REJECTD',
  deleted: 'DELETED',
  unknown: 'UNKNOWN',
  accepted: 'ACCEPTD',
  enroute: 'ENROUTE',
};

const ERRORS: Readonly<Record<ReceiptState, string>> = {
  delivered: '000',
  undeliverable: '069',
  expired: '027',
  rejected: '008',
  deleted: '000',
  unknown: '255',
  accepted: '000',
  enroute: '000',
};

/** Makes the function that writes receipts of this dialect. */
export function receiptTextWriter(dialect: Dialect): (facts: ReceiptFacts) => string {
  const words = { ...WORDS, ...defined(dialect.stateWords) };
  const errors = { ...ERRORS, ...defined(dialect.errors) };
  const submitDate = dateWriter(dialect.dateDigits);
  const doneDate = dateWriter(dialect.dateDigits);
  const values: Record<Field, (facts: ReceiptFacts) => string> = {
    id: (facts) => facts.id,
    sub: () => '001',
    dlvrd: (facts) => (facts.state === 'delivered' ? '001' : '000'),
    'submit date': (facts) => submitDate(facts.submittedAtMs),
    'done date': (facts) => doneDate(facts.doneAtMs),
    stat: (facts) => words[facts.state],
    err: (facts) => errors[facts.state],
    text: (facts) => facts.text.slice(0, dialect.textCharacters),
  };
  const parts = dialect.fields.map((field, i) => ({
    label: `${i === 0 ? '' : ' '}${dialect.labels[field] ?? `${field}:`}`,
    value: values[field],
  }));
  return (facts) => {
    let text = '';
    for (const part of parts) text += part.label + part.value(facts);
    return text;
  };
}

/** Dates in UTC; the last one is kept, since thousands of receipts share a second. */
function dateWriter(digits: 10 | 12 | 14): (atMs: number) => string {
  let second = Number.NaN;
  let written = '';
  return (atMs) => {
    const now = Math.floor(atMs / 1000);
    if (now === second) return written;
    second = now;
    const full = new Date(now * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
    written = digits === 14 ? full : full.slice(2, 2 + digits);
    return written;
  };
}

function defined<T extends object>(values: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
