/**
 * A lane's text as submissions: encoded once, then only the destination and the sequence number change. A rendering whose
 * text is not the one that was approved is refused here, before anything is encoded (R10).
 */
import { createHash } from 'node:crypto';
import type { Broadcast, Lane } from '../broadcasts/broadcast.ts';
import type { Route } from '../broadcasts/routes.ts';
import { segmentsOnWire, wireText } from '../broadcasts/wire-text.ts';
import { TocsinError } from '../errors.ts';
import { ESM_CLASS, REGISTERED_DELIVERY } from '../smpp/constants.ts';
import { SubmitTemplate, type SubmitTemplateFields } from '../smpp/submit-template.ts';
import { concatenationUdh } from '../sms/encode.ts';

/** Absolute time, UTC (SMPP 3.4 §7.1.1.1): `YYMMDDhhmmss000+`. */
export function absoluteTime(atMs: number): string {
  return `${new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}000+`;
}

/**
 * One template a segment. Throws `text_not_approved` when text and hash differ, `invalid` when the route's alphabet lacks
 * a character of the text: the launch refuses it before.
 */
export function laneTemplates(broadcast: Broadcast, lane: Lane, route: Route): SubmitTemplate[] {
  const { text, sha256 } = lane.rendering;
  if (createHash('sha256').update(text, 'utf8').digest('hex') !== sha256) {
    const where = `/lanes/${lane.no}`;
    throw new TocsinError('conflict', 'text_not_approved', 'The text of a lane is not the approved one', {
      faults: [{ at: where, message: `region ${lane.region}, language ${lane.language}: the SHA-256 differs` }],
    });
  }
  // Eight bits that tell this text from another one to the same telephone; the same again when it is sent again.
  const reference = (broadcast.no * 31 + lane.no) & 0xff;
  return textTemplates({ text, expires: broadcast.expires, reference }, route);
}

/** A text to be submitted, whoever approved it. */
export interface WireMessage {
  readonly text: string;
  /** RFC 3339. */
  readonly expires: string;
  /** 0 to 255, for the header of its segments. */
  readonly reference: number;
  /** Whether nobody joins its receipts, so that none are asked for. */
  readonly untracked?: boolean;
}

/** One template a segment. Throws `invalid` when the route's alphabet lacks a character of the text. */
export function textTemplates({ text, expires, reference, untracked }: WireMessage, route: Route): SubmitTemplate[] {
  const { dataCoding, payloads } = wireText(text, route);
  const common = {
    source: route.sender,
    destination: route.destination,
    // The SMSC drops what it could not deliver by then: no alert arrives after its end (R12).
    validityPeriod: absoluteTime(Date.parse(expires)),
    dataCoding,
  };
  const last = payloads.length - 1;
  const { none, finalReceipt } = REGISTERED_DELIVERY;
  if (route.concatenation === 'payload' && payloads.length > 1) {
    // Always in the TLV: an SMSC that takes texts whole refuses a short_message above one segment (quirk 18).
    const tlvs = { message_payload: Buffer.concat(payloads) };
    const registered = untracked ? none : finalReceipt;
    return [new SubmitTemplate({ ...common, registeredDelivery: registered, shortMessage: new Uint8Array(), tlvs })];
  }
  return payloads.map((payload, i) => {
    const fields: SubmitTemplateFields = {
      ...common,
      registeredDelivery: untracked ? none : registeredDelivery(route, i, last),
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

/** What is asked for segment `i`: a receipt where it counts by the route's policy, of others that they failed (quirk 17). */
function registeredDelivery({ receipts }: Route, i: number, last: number): number {
  const { segments, otherSegments } = receipts;
  const counts = segments === 'each' || i === (segments === 'last' ? last : 0);
  if (counts) return REGISTERED_DELIVERY.finalReceipt;
  return otherSegments === 'failures' ? REGISTERED_DELIVERY.failureReceipt : REGISTERED_DELIVERY.none;
}

/** Submissions that one recipient of the lane costs on this route. */
export const partsOnWire = (lane: Lane, route: Route): number =>
  route.concatenation === 'payload' ? 1 : segmentsOnWire(lane.rendering, route);
