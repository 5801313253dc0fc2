/** CAP 1.2 §3.2 as data: the children of each element in their fixed order, and how often each may come. */

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2';
/** Versions that differ in elements and times (CAP 1.2 §1.3): read wrongly, they would say something else. */
export const OLD_CAP_VERSIONS: Readonly<Record<string, string>> = {
  'http://www.incident.com/cap/1.0': '1.0',
  'urn:oasis:names:tc:emergency:cap:1.0': '1.0',
  'urn:oasis:names:tc:emergency:cap:1.1': '1.1',
};
/** Wrappers of alerts in transit (EDXL Distribution Element 1.0 and 2.0). */
export const EDXL_NAMESPACES: readonly string[] = [
  'urn:oasis:names:tc:emergency:EDXL:DE:1.0',
  'urn:oasis:names:tc:emergency:EDXL:DE:2.0',
];
/** SOAP 1.1 and 1.2. */
export const SOAP_NAMESPACES: readonly string[] = [
  'http://schemas.xmlsoap.org/soap/envelope/',
  'http://www.w3.org/2003/05/soap-envelope',
];
export const ATOM_NAMESPACE = 'http://www.w3.org/2005/Atom';
/** Enveloped signatures are allowed at the end of an alert (CAP 1.2 §3.3.4.1). */
export const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';
/** Geocode of a département by its INSEE code. */
export const REGION_GEOCODE = 'INSEE:DEP';

/** valueNames of `parameter`. Alternative numbers only go out: coming in they would pass the directory by (R1). */
export const CAP_PARAMETERS = {
  service: 'tocsin:service',
  template: 'tocsin:template',
  audience: 'tocsin:audience',
  route: 'tocsin:route',
  inDoubt: 'tocsin:inDoubt',
  followsUp: 'tocsin:followsUp',
  /** The rest is the name of the template's parameter. */
  templateParameter: 'tocsin:parameter:',
  /** Out only: `<region> <service> +<E.164 digits>`, and when a test call verified it: ` <time>`. */
  alternativeNumber: 'tocsin:alternativeNumber',
  /** Out only, the rest is the region: the exact text that its people are sent in the language of the info. */
  text: 'tocsin:text:',
} as const;

type Occurs = 'one' | 'optional' | 'many' | 'some';
export type Children = readonly (readonly [name: string, occurs: Occurs])[];

const NAME_AND_VALUE: Children = [
  ['valueName', 'one'],
  ['value', 'one'],
];

/** `some` is one or more, `many` any number. */
export const CAP_CHILDREN = {
  alert: [
    ['identifier', 'one'],
    ['sender', 'one'],
    ['sent', 'one'],
    ['status', 'one'],
    ['msgType', 'one'],
    ['source', 'optional'],
    ['scope', 'one'],
    ['restriction', 'optional'],
    ['addresses', 'optional'],
    ['code', 'many'],
    ['note', 'optional'],
    ['references', 'optional'],
    ['incidents', 'optional'],
    ['info', 'many'],
  ],
  info: [
    ['language', 'optional'],
    ['category', 'some'],
    ['event', 'one'],
    ['responseType', 'many'],
    ['urgency', 'one'],
    ['severity', 'one'],
    ['certainty', 'one'],
    ['audience', 'optional'],
    ['eventCode', 'many'],
    ['effective', 'optional'],
    ['onset', 'optional'],
    ['expires', 'optional'],
    ['senderName', 'optional'],
    ['headline', 'optional'],
    ['description', 'optional'],
    ['instruction', 'optional'],
    ['web', 'optional'],
    ['contact', 'optional'],
    ['parameter', 'many'],
    ['resource', 'many'],
    ['area', 'many'],
  ],
  area: [
    ['areaDesc', 'one'],
    ['polygon', 'many'],
    ['circle', 'many'],
    ['geocode', 'many'],
    ['altitude', 'optional'],
    ['ceiling', 'optional'],
  ],
  resource: [
    ['resourceDesc', 'one'],
    ['mimeType', 'one'],
    ['size', 'optional'],
    ['uri', 'optional'],
    ['derefUri', 'optional'],
    ['digest', 'optional'],
  ],
  parameter: NAME_AND_VALUE,
  eventCode: NAME_AND_VALUE,
  geocode: NAME_AND_VALUE,
} as const satisfies Record<string, Children>;
