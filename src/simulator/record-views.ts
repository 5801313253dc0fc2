/** The record and the links as the HTTP control shows them. */
import type { SimulatorRecord } from './record.ts';
import type { SmscLink } from './smsc-link.ts';

/** Recipients to whom some part came at least `min` times; `times` is the most that any part came. */
export function recipientList(record: SimulatorRecord, min: number, limit: number) {
  return record.seen.atLeast(min, limit).map((destination) => {
    const parts = record.seen.of(destination);
    return { msisdn: String(destination), parts: parts.length, times: Math.max(...parts.map((part) => part.times)) };
  });
}

/** Everything that came to one recipient; a text beyond the register's limit has no hash. */
export function recipientParts(record: SimulatorRecord, destination: number) {
  const parts = record.seen.of(destination).map(({ content, times }) => {
    const text = record.texts.find(content);
    return { times, sha256: text?.sha256 ?? null, part: text?.part ?? null, parts: text?.parts ?? null };
  });
  return { msisdn: String(destination), parts };
}

export function linkList(links: Iterable<SmscLink>) {
  return [...links].map((link) => ({
    link: link.number,
    mode: link.mode,
    systemId: link.systemId ?? null,
    bindType: link.systemId === undefined ? null : link.bindType,
    submits: link.submits,
    unanswered: link.unanswered,
    receiptsUnanswered: link.awaiting.waiting,
    isFrozen: link.isFrozen,
    isBlocked: link.writer.blocked,
  }));
}
