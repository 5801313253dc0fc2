/**
 * A lane's text as submissions: encoded once, then only the destination and the sequence number change. A rendering whose
 * text is not the one that was approved is refused here, before anything is encoded (R10).
 */
import { createHash } from 'node:crypto';
import type { Broadcast, Lane } from '../broadcasts/broadcast.ts';
import type { Route } from '../broadcasts/routes.ts';
import { TocsinError } from '../errors.ts';
import { ESM_CLASS, REGISTERED_DELIVERY } from '../smpp/constants.ts';
import { SubmitTemplate, type SubmitTemplateFields } from '../smpp/submit-template.ts';
import { concatenationUdh, encodeSegments } from '../sms/encode.ts';
import { segment } from '../sms/segments.ts';

/** Absolute time, UTC (SMPP 3.4 §7.1.1.1): `YYMMDDhhmmss000+`. */
export function absoluteTime(atMs: number): string {
  return `${new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}000+`;
}

/** One template a segment. Throws `text_not_approved` when text and hash differ. */
export function laneTemplates(broadcast: Broadcast, lane: Lane, route: Route): SubmitTemplate[] {
  const { text, sha256 } = lane.rendering;
  if (createHash('sha256').update(text, 'utf8').digest('hex') !== sha256) {
    const where = `/lanes/${lane.no}`;
    throw new TocsinError('conflict', 'text_not_approved', 'The text of a lane is not the approved one', {
      faults: [{ at: where, message: `region ${lane.region}, language ${lane.language}: the SHA-256 differs` }],
    });
  }
  const { dataCoding, payloads } = encodeSegments(segment(text));
  const common = {
    source: route.sender,
    destination: route.destination,
    // The SMSC drops what it could not deliver by then: no alert arrives after its end (R12).
    validityPeriod: absoluteTime(Date.parse(broadcast.expires)),
    dataCoding,
  };
  const last = payloads.length - 1;
  // Eight bits that tell this text from another one to the same telephone; the same again when it is sent again.
  const reference = (broadcast.no * 31 + lane.no) & 0xff;
  if (route.concatenation === 'payload' && payloads.length > 1) {
    const whole = Buffer.concat(payloads);
    return [
      new SubmitTemplate({ ...common, registeredDelivery: REGISTERED_DELIVERY.finalReceipt, shortMessage: whole }),
    ];
  }
  return payloads.map((payload, i) => {
    const receipted = route.receipts.segments === 'each' || i === last;
    const fields: SubmitTemplateFields = {
      ...common,
      registeredDelivery: receipted ? REGISTERED_DELIVERY.finalReceipt : REGISTERED_DELIVERY.none,
      shortMessage: payload,
    };
    if (payloads.length === 1) return new SubmitTemplate(fields);
    if (route.concatenation === 'sar') {
      const sar = { sar_msg_ref_num: reference, sar_total_segments: payloads.length, sar_segment_seqnum: i + 1 };
      return new SubmitTemplate({ ...fields, tlvs: sar });
    }
    const shortMessage = Buffer.concat([concatenationUdh(reference, payloads.length, i + 1), payload]);
    return new SubmitTemplate({ ...fields, esmClass: ESM_CLASS.udhi, shortMessage });
  });
}

/** Submissions that one recipient of the lane costs on this route. */
export const partsOnWire = (lane: Lane, route: Route): number =>
  route.concatenation === 'payload' ? 1 : lane.rendering.segments;
