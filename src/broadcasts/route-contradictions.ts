/**
 * What no single field of a route shows: fields that contradict one another, or what the operator grants. It names the
 * field to mend, and changes nothing.
 */

interface IdClaims {
  readonly base: string;
  readonly stripLeadingZeros: boolean;
  readonly caseFold: boolean;
}

/** Fields of a route that are held against each other; its schema has checked each by itself. */
export interface RouteClaims {
  readonly links: number;
  readonly window: number;
  readonly segmentsPerSecond: number | null;
  readonly regionSegmentsPerSecond: Readonly<Record<string, number>>;
  readonly contract: {
    readonly links?: number | undefined;
    readonly window?: number | undefined;
    readonly segmentsPerSecond?: number | undefined;
  };
  readonly sender: { readonly address: string; readonly ton: number; readonly npi: number };
  readonly alphabet: string;
  readonly dataCoding?: number | undefined;
  readonly receipts: { readonly responseId: IdClaims; readonly receiptId: IdClaims };
  readonly cancelSm: boolean;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

export interface Contradiction {
  readonly path: string[];
  readonly message: string;
}

const ALPHANUMERIC_TON = 5;
const INTERNATIONAL_TON = 1;
/** SMPP 3.4 §5.2.19. */
const UCS2 = 8;

/** Every contradiction of a route, in the order of its fields. */
export function contradictions(route: RouteClaims): Contradiction[] {
  const found: Contradiction[] = [];
  const add = (field: string, message: string) => found.push({ path: field.split('.'), message });
  if (route.password !== undefined && route.passwordFile !== undefined) {
    add('passwordFile', 'is set together with password');
  }
  if (route.reconnectMinMs > route.reconnectMaxMs) add('reconnectMinMs', 'is above reconnectMaxMs');
  addRates(route, add);
  addSender(route.sender, add);
  if (route.dataCoding !== undefined && (route.alphabet === 'ucs2' || route.dataCoding === UCS2)) {
    add('dataCoding', 'is for texts that are not UCS-2: those have 8');
  }
  const bases = new Set([route.receipts.responseId.base, route.receipts.receiptId.base]);
  if (bases.has('hexToDecimal') && bases.has('decimalToHex')) {
    add('receipts.receiptId.base', 'goes the other way than receipts.responseId.base: the ids would never meet');
  }
  const { base, stripLeadingZeros, caseFold } = route.receipts.responseId;
  if (route.cancelSm && (base !== 'text' || stripLeadingZeros || caseFold)) {
    add('cancelSm', 'names a message by the id of its response as it came: convert receiptId instead of responseId');
  }
  return found;
}

type Add = (field: string, message: string) => void;

function addRates(route: RouteClaims, add: Add): void {
  const { links, window, segmentsPerSecond, regionSegmentsPerSecond, contract } = route;
  const above = (what: number, granted: number | undefined) => granted !== undefined && what > granted;
  if (above(links, contract.links)) add('links', `is above the ${contract.links} that the contract grants`);
  if (above(window, contract.window)) add('window', `is above the ${contract.window} that the contract grants`);
  if (above(segmentsPerSecond ?? Number.POSITIVE_INFINITY, contract.segmentsPerSecond)) {
    const is = segmentsPerSecond === null ? 'has no limit, which is' : 'is';
    add('segmentsPerSecond', `${is} above the ${contract.segmentsPerSecond} that the contract grants`);
  }
  for (const [region, cap] of Object.entries(regionSegmentsPerSecond)) {
    if (segmentsPerSecond === null || cap <= segmentsPerSecond) continue;
    add(`regionSegmentsPerSecond.${region}`, `is above segmentsPerSecond, ${segmentsPerSecond}`);
  }
}

/** SMPP 3.4 §5.2.5: what an SMSC takes for a sender depends on its type of number (quirk 26). */
function addSender({ address, ton, npi }: RouteClaims['sender'], add: Add): void {
  if (ton === ALPHANUMERIC_TON) {
    if (/^\d+$/.test(address)) add('sender.ton', 'is 5, which is for letters; digits take 1, or 3 for a short code');
    else if (!/^(?! )[A-Za-z0-9 ]{1,11}(?<! )$/.test(address)) {
      add('sender.address', 'must be 1 to 11 letters, digits or spaces, with no space at either end');
    }
    if (npi > 1) add('sender.npi', 'must be 0 or 1 with letters (ton 5)');
  } else if (!/^\d{3,15}$/.test(address)) {
    add('sender.address', 'must be 3 to 15 digits, or have ton 5');
  } else if (ton === INTERNATIONAL_TON && !/^[1-9]\d{6,14}$/.test(address)) {
    add('sender.address', 'must be 7 to 15 digits with the country code first, as ton 1 says');
  }
}
