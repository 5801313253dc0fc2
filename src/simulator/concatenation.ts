/**
 * Which part of which message a submit_sm is: by user data header (3GPP TS 23.040 §9.2.3.24), by SAR TLVs or alone;
 * and where its text stands, be it short_message or message_payload. Octets it cannot read count as text.
 */
import { TLV } from '../smpp/constants.ts';
import type { SubmitView } from '../smpp/submit-reader.ts';
import { walkTlvs } from '../smpp/tlv.ts';
import type { PartView } from './text-register.ts';

const UDHI = 0x40;
const IEI_REFERENCE_8 = 0x00;
const IEI_REFERENCE_16 = 0x08;

/** A part and how it came. Filled again for every submission. */
export class SubmittedPart implements PartView {
  buf: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  dataCoding = 0;
  part = 1;
  parts = 1;
  /** Octets of the user data header, its length octet included. */
  headerOctets = 0;
  hasSar = false;
  hasPayload = false;

  read(view: SubmitView): void {
    this.buf = view.buf;
    this.start = view.textStart;
    this.end = view.textEnd;
    this.dataCoding = view.dataCoding;
    this.part = 1;
    this.parts = 1;
    this.headerOctets = 0;
    this.hasSar = false;
    this.hasPayload = false;
    if (view.textEnd < view.end) walkTlvs(view.buf, view.textEnd, view.end, this, takeTlv);
    if ((view.esmClass & UDHI) !== 0) this.#readHeader();
  }

  #readHeader(): void {
    const { buf, start } = this;
    const length = buf[start] ?? 0;
    if (start + 1 + length > this.end) return;
    this.headerOctets = 1 + length;
    this.start = start + 1 + length;
    for (let at = start + 1; at + 2 <= this.start; at += 2 + buf[at + 1]!) {
      const isLong = buf[at] === IEI_REFERENCE_16 && buf[at + 1] === 4;
      const isShort = buf[at] === IEI_REFERENCE_8 && buf[at + 1] === 3;
      if (!isLong && !isShort) continue;
      const numbers = at + (isLong ? 4 : 3);
      this.parts = buf[numbers]!;
      this.part = buf[numbers + 1]!;
    }
  }
}

function takeTlv(part: SubmittedPart, tag: number, start: number, end: number): void {
  if (tag === TLV.message_payload) {
    part.hasPayload = true;
    part.start = start;
    part.end = end;
  } else if (tag === TLV.sar_total_segments && end - start === 1) {
    part.hasSar = true;
    part.parts = part.buf[start]!;
  } else if (tag === TLV.sar_segment_seqnum && end - start === 1) {
    part.hasSar = true;
    part.part = part.buf[start]!;
  } else if (tag === TLV.sar_msg_ref_num) {
    part.hasSar = true;
  }
}
