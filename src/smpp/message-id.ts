/**
 * Brings the message id of a response and that of a receipt to one form, by the rule of a route: SMSCs differ in
 * base, leading zeros and case between the two. What a rule cannot convert stays as it is; nothing is ever refused.
 */

export interface MessageIdRule {
  base: 'text' | 'hexToDecimal' | 'decimalToHex';
  stripLeadingZeros: boolean;
  caseFold: boolean;
}

export const IDENTITY_RULE: MessageIdRule = { base: 'text', stripLeadingZeros: false, caseFold: false };

const HEX = /^(?:0x)?[0-9a-f]{1,64}$/i;
const DECIMAL = /^[0-9]{1,64}$/;
const LEADING_ZEROS = /^0+(?=.)/;

/** Applies the rule; ids may be of any length: 64 bits, UUIDs, plain text. */
export function normaliseMessageId(id: string, rule: MessageIdRule): string {
  if (rule.base === 'hexToDecimal') {
    // Number is exact up to 53 bits, and BigInt ten times slower.
    if (HEX.test(id)) return id.length <= 12 ? Number.parseInt(id, 16).toString() : BigInt(hexLiteral(id)).toString();
  } else if (rule.base === 'decimalToHex') {
    if (DECIMAL.test(id)) return id.length <= 15 ? Number(id).toString(16) : BigInt(id).toString(16);
  } else if (!rule.stripLeadingZeros && !rule.caseFold) {
    return id;
  }
  const stripped = rule.stripLeadingZeros ? id.replace(LEADING_ZEROS, '') : id;
  return rule.caseFold ? stripped.toLowerCase() : stripped;
}

function hexLiteral(id: string): string {
  return /^0x/i.test(id) ? id : `0x${id}`;
}
