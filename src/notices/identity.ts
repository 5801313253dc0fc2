/** The name of a notice for others: identifier, sender and sent (CAP 1.2 §3.2.1), its own or that of a message from elsewhere. */
import { createHash, randomUUID } from 'node:crypto';
import type { Problem } from '../templates/problem.ts';
import type { NoticeInput } from './notice-input.ts';

type Named = Pick<NoticeInput, 'identifier' | 'sender' | 'sent'>;

export interface Identity {
  /** Id of the record. */
  readonly id: string;
  readonly identifier: string;
  readonly sender: string;
  readonly sent: string;
}

/** `ownSender`: CAP sender of what is written here. */
export function identityOf({ identifier, sender, sent }: Named, ownSender: string, nowMs: number): Identity {
  if (identifier !== undefined && sender !== undefined && sent !== undefined) {
    // Its name makes its id, so that the same message cannot come in twice.
    const digest = createHash('sha256').update(`${sender},${identifier},${sent}`).digest('hex');
    return { id: `cap-${digest.slice(0, 24)}`, identifier, sender, sent };
  }
  const id = randomUUID();
  return { id, identifier: id, sender: ownSender, sent: capTime(nowMs) };
}

export function identityProblems({ identifier, sender, sent }: Named): Problem[] {
  const given = { identifier, sender, sent };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  if (missing.length === 0 || missing.length === 3) return [];
  const message = 'identifier, sender and sent name a message from elsewhere: give all three or none';
  return missing.map(([field]) => ({ code: 'incomplete_identity', at: `/${field}`, message }));
}

/** CAP 1.2 §3.3.2: whole seconds and a numeric offset; UTC is -00:00, never Z. */
export function capTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}-00:00`;
}
