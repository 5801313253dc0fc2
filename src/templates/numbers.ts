/** Which alternative numbers a text names, and how: grouped, since services often share one, and without spaces. */
import type { AlternativeNumber } from '../directory/alternative-numbers.ts';
import { levelOf, placesFor } from '../directory/places.ts';
import type { PrintedNumber, RenderInput } from './rendering.ts';

/** The service for people who are deaf or hard of hearing, reached by SMS; never printed as a number to call. */
const DEAF_SERVICE = '114';

export interface ChosenNumbers {
  readonly printed: readonly PrintedNumber[];
  /** Services without a number. */
  readonly missing: readonly string[];
}

/** A number of each service that holds for the region: of those given, the one of the nearest place. */
export function chooseNumbers(input: Pick<RenderInput, 'template' | 'region' | 'services' | 'numbers'>): ChosenNumbers {
  if (input.template.numbers === 'none') return { printed: [], missing: [] };
  const printed: PrintedNumber[] = [];
  const missing: string[] = [];
  for (const service of input.services) {
    const ofService = input.numbers.filter((entry) => entry.service === service);
    const places = placesFor(input.region.code);
    const found = places.map((place) => ofService.find(({ region }) => region === place)).find(Boolean);
    if (found) printed.push(printedNumber(found));
    else missing.push(service);
  }
  return { printed, missing };
}

function printedNumber({ service, number, display, region, verification }: AlternativeNumber): PrintedNumber {
  return {
    ...{ service, number, display: compact(display), region, from: levelOf(region) },
    ...(verification === undefined ? {} : { verifiedAt: verification.at }),
  };
}

/** "02 61 91 00 35" is 02 61 91 00 35 to the eye, but each space is a septet. */
function compact(display: string): string {
  return display.replace(/[\s.-]/gu, '');
}

/** `15/112:0261910035 17:0261910036`. The deaf service stands apart, unless it is the only one. */
export function printNumbers(numbers: readonly PrintedNumber[]): string {
  const spoken = numbers.filter(({ service }) => service !== DEAF_SERVICE);
  const servicesByNumber = new Map<string, string[]>();
  for (const { service, display } of spoken.length > 0 ? spoken : numbers) {
    const services = servicesByNumber.get(display);
    if (services) services.push(service);
    else servicesByNumber.set(display, [service]);
  }
  return [...servicesByNumber].map(([display, services]) => `${services.join('/')}:${display}`).join(' ');
}

/** `15/17/18/112`: the services to call. The deaf service stands apart here too. */
export function printServices(services: readonly string[]): string {
  const spoken = services.filter((service) => service !== DEAF_SERVICE);
  return (spoken.length > 0 ? spoken : services).join('/');
}

/** What deaf people write to: 114, or its alternative where 114 itself is affected (R17). */
export function printDeafNumber(numbers: readonly PrintedNumber[]): string {
  return numbers.find(({ service }) => service === DEAF_SERVICE)?.display ?? DEAF_SERVICE;
}
