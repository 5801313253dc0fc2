/** A notice as a CAP 1.2 message, the children in the order that the schema fixes. */
import { create } from 'xmlbuilder2';
import { findRegion } from '../directory/regions.ts';
import type { Notice } from '../notices/notice.ts';
import { CAP_NAMESPACE, CAP_PARAMETERS, EVENT_CODE, REGION_GEOCODE } from './elements.ts';

/** The default would be en-US (CAP 1.2 §3.2.2). */
const LANGUAGE = 'fr-FR';

export function toCap(notice: Notice): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const alert = document.ele(CAP_NAMESPACE, 'alert');
  const add = (parent: typeof alert, name: string, text: string | undefined) => {
    if (text !== undefined) parent.ele(CAP_NAMESPACE, name).txt(text);
  };
  const addPair = (parent: typeof alert, name: string, valueName: string, value: string) => {
    const pair = parent.ele(CAP_NAMESPACE, name);
    add(pair, 'valueName', valueName);
    add(pair, 'value', value);
  };

  add(alert, 'identifier', notice.identifier);
  add(alert, 'sender', notice.sender);
  add(alert, 'sent', toCapTime(notice.sent));
  add(alert, 'status', notice.status);
  add(alert, 'msgType', notice.msgType);
  add(alert, 'scope', notice.scope);
  if (notice.references.length > 0) add(alert, 'references', notice.references.join(' '));

  const info = alert.ele(CAP_NAMESPACE, 'info');
  add(info, 'language', LANGUAGE);
  add(info, 'category', notice.category);
  add(info, 'event', notice.event);
  add(info, 'urgency', notice.urgency);
  add(info, 'severity', notice.severity);
  add(info, 'certainty', notice.certainty);
  addPair(info, 'eventCode', EVENT_CODE.valueName, EVENT_CODE.value);
  add(info, 'expires', toCapTime(notice.expires));
  add(info, 'headline', notice.headline);
  add(info, 'description', notice.description);
  for (const [name, value] of parametersOf(notice)) addPair(info, 'parameter', name, value);
  for (const region of notice.regions) {
    const area = info.ele(CAP_NAMESPACE, 'area');
    add(area, 'areaDesc', findRegion(region)?.name ?? region);
    addPair(area, 'geocode', REGION_GEOCODE, region);
  }
  return document.end({ prettyPrint: true });
}

function parametersOf(notice: Notice): [name: string, value: string][] {
  const numbers = (notice.renderings ?? []).flatMap(({ region, numbers: printed }) =>
    printed.map(({ service, number }) => `${region} ${service} +${number}`),
  );
  const { template, audience, route, inDoubt, followsUp } = CAP_PARAMETERS;
  return [
    ...notice.services.map((service): [string, string] => [CAP_PARAMETERS.service, service]),
    [template, notice.template],
    ...Object.entries(notice.parameters).map(([name, value]): [string, string] => [
      CAP_PARAMETERS.templateParameter + name,
      value,
    ]),
    [audience, notice.audience],
    ...(notice.route === undefined ? [] : [[route, notice.route] as [string, string]]),
    [inDoubt, notice.inDoubt],
    ...(notice.followsUp === undefined ? [] : [[followsUp, notice.followsUp] as [string, string]]),
    ...[...new Set(numbers)].map((value): [string, string] => [CAP_PARAMETERS.alternativeNumber, value]),
  ];
}

/** CAP 1.2 §3.3.2: whole seconds and a numeric offset; UTC is -00:00, never Z. */
export function toCapTime(rfc3339: string): string {
  const [, whole = rfc3339, offset = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(rfc3339) ?? [];
  const seconds = whole.length === 16 ? `${whole}:00` : whole;
  return seconds + (offset === 'Z' || offset === '+00:00' ? '-00:00' : offset);
}
