/** CAP 1.2 §3.2 as data: the children of each element in their fixed order, and how often each may come. */

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2';
/** Wrapper of alerts in transit (EDXL Distribution Element 1.0). */
export const EDXL_NAMESPACE = 'urn:oasis:names:tc:emergency:EDXL:DE:1.0';
/** OASIS CAP Event Terms List: "emergency telephone outage". */
export const EVENT_CODE = { valueName: 'OET:v1.2', value: 'OET-074' } as const;
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
  /** Out only: `<region> <service> +<E.164 digits>`. */
  alternativeNumber: 'tocsin:alternativeNumber',
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
  parameter: NAME_AND_VALUE,
  eventCode: NAME_AND_VALUE,
  geocode: NAME_AND_VALUE,
} as const satisfies Record<string, Children>;
