/** Which alternative numbers a text names, and how: grouped, since services often share one, and without spaces. */
import { type AlternativeNumber, NATIONAL } from '../directory/alternative-numbers.ts';
import type { PrintedNumber, RenderInput } from './rendering.ts';

/** The service for people who are deaf or hard of hearing, reached by SMS; never printed as a number to call. */
const DEAF_SERVICE = '114';

export interface ChosenNumbers {
  readonly printed: readonly PrintedNumber[];
  /** Services without a number. */
  readonly missing: readonly string[];
}

/** The region's own number of each service, else the national one. */
export function chooseNumbers(input: Pick<RenderInput, 'template' | 'region' | 'services' | 'numbers'>): ChosenNumbers {
  if (input.template.numbers === 'none') return { printed: [], missing: [] };
  const printed: PrintedNumber[] = [];
  const missing: string[] = [];
  for (const service of input.services) {
    const found = numberOf(input.numbers, input.region.code, service) ?? numberOf(input.numbers, NATIONAL, service);
    if (!found) missing.push(service);
    else printed.push({ service, number: found.number, display: compact(found.display), region: found.region });
  }
  return { printed, missing };
}

function numberOf(numbers: readonly AlternativeNumber[], region: string, service: string) {
  return numbers.find((entry) => entry.region === region && entry.service === service);
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

/** What deaf people write to: 114, or its alternative where 114 itself is affected (R17). */
export function printDeafNumber(numbers: readonly PrintedNumber[]): string {
  return numbers.find(({ service }) => service === DEAF_SERVICE)?.display ?? DEAF_SERVICE;
}
