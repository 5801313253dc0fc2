/**
 * A notice as a CAP 1.2 message: one info for each language that its people are sent, the children in the order that the
 * schema fixes. What other systems may need of it goes into parameters; for the public, without what is ours alone.
 */
import { create } from 'xmlbuilder2';
import { findRegion } from '../directory/regions.ts';
import type { Notice } from '../notices/notice.ts';
import type { Template } from '../templates/template.ts';
import { CAP_NAMESPACE, CAP_PARAMETERS, REGION_GEOCODE } from './elements.ts';
import { DEFAULT_EVENT_CODE, EVENT_CODE_LIST } from './event-codes.ts';

export interface WriteOptions {
  /** Gives the event code, and the event in other languages than French. */
  readonly templates?: { find(id: string): Template | undefined };
  /** For everybody: leaves out the audience, the route and what becomes of submissions in doubt. */
  readonly forPublic?: boolean;
}

/** The language of authors. */
const FRENCH = 'fr';
/** The default would be en-US (CAP 1.2 §3.2.2). */
const LANGUAGE_TAGS: Readonly<Record<string, string>> = { [FRENCH]: 'fr-FR' };
/** What XML 1.0 §2.2 cannot hold, not even escaped. */
const NO_XML = /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
/** The furthest from UTC that a time in XML can be (XML Schema 1.0 part 2, §3.2.7). */
const MAX_OFFSET_MINUTES = 14 * 60;

type Pair = readonly [name: string, value: string];
type Children = readonly (readonly [name: string, content: string | Children | undefined])[];
type Parent = ReturnType<ReturnType<typeof create>['ele']>;

export function toCap(notice: Notice, options: WriteOptions = {}): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const { references } = notice;
  add(document.ele(CAP_NAMESPACE, 'alert'), [
    ['identifier', notice.identifier],
    ['sender', notice.sender],
    ['sent', toCapTime(notice.sent)],
    ['status', notice.status],
    ['msgType', notice.msgType],
    ['scope', notice.scope],
    ['references', references.length > 0 ? references.join(' ') : undefined],
    ...languagesOf(notice).map((language) => ['info', infoOf(notice, language, options)] as const),
  ]);
  return document.end({ prettyPrint: true });
}

function add(parent: Parent, children: Children): void {
  for (const [name, content] of children) {
    if (content === undefined) continue;
    const element = parent.ele(CAP_NAMESPACE, name);
    if (typeof content === 'string') element.txt(xmlText(content));
    else add(element, content);
  }
}

/** The text with a mark for each character that no XML can hold. */
export const xmlText = (text: string): string => text.replace(NO_XML, '\ufffd');

function infoOf(notice: Notice, language: string, options: WriteOptions): Children {
  const template = options.templates?.find(notice.template);
  const texts = textsIn(notice, language);
  const french = language === FRENCH;
  const title = french ? undefined : template?.wordings[language]?.title;
  const parameters: Pair[] = [
    ...(french ? parametersOf(notice, options) : []),
    ...texts.map(([region, text]): Pair => [CAP_PARAMETERS.text + region, text]),
  ];
  return [
    ['language', LANGUAGE_TAGS[language] ?? language],
    ['category', notice.category],
    ['event', title ?? notice.event],
    ['responseType', notice.msgType === 'Cancel' ? 'AllClear' : undefined],
    ['urgency', notice.urgency],
    ['severity', notice.severity],
    ['certainty', notice.certainty],
    ['eventCode', pair([EVENT_CODE_LIST, template?.eventCode ?? DEFAULT_EVENT_CODE])],
    ['expires', toCapTime(notice.expires)],
    // The author's words are French.
    ['headline', french ? notice.headline : undefined],
    ['description', french ? notice.description : undefined],
    ['instruction', sameEverywhere(texts)],
    ...parameters.map((parameter) => ['parameter', pair(parameter)] as const),
    ...notice.regions.map((region) => ['area', areaOf(region)] as const),
  ];
}

const pair = ([name, value]: Pair): Children => [
  ['valueName', name],
  ['value', value],
];

const areaOf = (region: string): Children => [
  ['areaDesc', findRegion(region)?.name ?? region],
  ['geocode', pair([REGION_GEOCODE, region])],
];

/** French, then every other language that a text is worded in. */
function languagesOf({ renderings = [] }: Notice): string[] {
  return [...new Set([FRENCH, ...renderings.map(({ wording }) => wording).sort()])];
}

/** What the people of each region are sent in a language: groups without a wording of their own are sent another's. */
function textsIn({ renderings = [] }: Notice, language: string): Pair[] {
  const worded = renderings.filter(({ wording }) => wording === language);
  return [...new Map(worded.map(({ region, text }) => [region, text]))];
}

function sameEverywhere(texts: readonly Pair[]): string | undefined {
  const [first, ...others] = new Set(texts.map(([, text]) => text));
  return others.length === 0 ? first : undefined;
}

function parametersOf(notice: Notice, { forPublic = false }: WriteOptions): Pair[] {
  const { template, audience, route, inDoubt, followsUp } = CAP_PARAMETERS;
  const ours: (readonly [name: string, value: string | undefined])[] = forPublic
    ? []
    : [
        [audience, notice.audience],
        [route, notice.route],
        [inDoubt, notice.inDoubt],
        [followsUp, notice.followsUp],
      ];
  return [
    ...notice.services.map((service): Pair => [CAP_PARAMETERS.service, service]),
    [template, notice.template],
    ...Object.entries(notice.parameters).map(([name, value]): Pair => [CAP_PARAMETERS.templateParameter + name, value]),
    ...ours.filter((one): one is Pair => one[1] !== undefined),
    ...numbersOf(notice).map((value): Pair => [CAP_PARAMETERS.alternativeNumber, value]),
  ];
}

/** Each number once, with the region and service it stands for and when somebody last reached it. */
function numbersOf({ renderings = [] }: Notice): string[] {
  const values = renderings.flatMap(({ region, numbers }) =>
    numbers.map(({ service, number, verifiedAt }) => {
      const verified = verifiedAt === undefined ? '' : ` ${toCapTime(new Date(verifiedAt).toISOString())}`;
      return `${region} ${service} +${number}${verified}`;
    }),
  );
  return [...new Set(values)];
}

/** CAP 1.2 §3.3.2: whole seconds and a numeric offset; UTC is -00:00, never Z. */
export function toCapTime(rfc3339: string): string {
  const [, whole = rfc3339, offset = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(rfc3339) ?? [];
  const [hours = 0, minutes = 0] = offset === 'Z' ? [] : offset.slice(1).split(':').map(Number);
  if (hours * 60 + minutes > MAX_OFFSET_MINUTES) return toCapTime(new Date(rfc3339).toISOString());
  const seconds = whole.length === 16 ? `${whole}:00` : whole;
  return seconds + (offset === 'Z' || offset === '+00:00' ? '-00:00' : offset);
}
