/**
 * What a session is told: its options, their defaults, and the two things that follow from them alone (the bind PDU
 * and how often deadlines are looked at).
 */
import { COMMAND } from './constants.ts';
import { DEFAULT_MAX_PDU_BYTES } from './frames.ts';
import { encodePdu } from './pdu.ts';

export type BindAs = 'transceiver' | 'transmitter' | 'receiver';

/** Time, for tests to inject. */
export interface SessionClock {
  now: () => number;
  setInterval: (tick: () => void, ms: number) => unknown;
  clearInterval: (handle: never) => void;
}

export interface SessionOptions {
  systemId: string;
  password: string;
  systemType?: string;
  bindAs?: BindAs;
  /** 0x34 unless the SMSC wants another. */
  interfaceVersion?: number;
  addressTon?: number;
  addressNpi?: number;
  addressRange?: string;
  /** Most submissions in flight. */
  window?: number;
  /** A submission without a response for so long gives up its place. */
  responseTimeoutMs?: number;
  /** Silence after which an enquire_link goes out. */
  enquireLinkMs?: number;
  /** Silence after that enquire_link which means that the peer is gone. */
  enquireLinkTimeoutMs?: number;
  bindTimeoutMs?: number;
  /** Longest time from the first octet of a PDU to its last. */
  pduTimeoutMs?: number;
  maxPduBytes?: number;
  /** Where sequence numbers begin. */
  firstSequence?: number;
  clock?: SessionClock;
}

export type ResolvedOptions = Required<SessionOptions>;

const DEFAULTS = {
  systemType: '',
  bindAs: 'transceiver',
  interfaceVersion: 0x34,
  addressTon: 0,
  addressNpi: 0,
  addressRange: '',
  window: 100,
  responseTimeoutMs: 30_000,
  enquireLinkMs: 30_000,
  enquireLinkTimeoutMs: 10_000,
  bindTimeoutMs: 10_000,
  pduTimeoutMs: 10_000,
  maxPduBytes: DEFAULT_MAX_PDU_BYTES,
  firstSequence: 1,
  clock: { now: Date.now, setInterval, clearInterval } as SessionClock,
} as const satisfies Partial<SessionOptions>;

/** Deadlines are looked at four times within the shortest of them, but within these bounds. */
const MIN_TICK_MS = 5;
const MAX_TICK_MS = 1_000;

export function resolveOptions(options: SessionOptions): ResolvedOptions {
  return { ...DEFAULTS, ...options };
}

/** How often a session looks at its deadlines. */
export function tickMs(options: ResolvedOptions): number {
  const shortest = Math.min(
    options.responseTimeoutMs,
    options.enquireLinkMs,
    options.enquireLinkTimeoutMs,
    options.bindTimeoutMs,
    options.pduTimeoutMs,
  );
  return Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, Math.floor(shortest / 4)));
}

/** The bind PDU (SMPP 3.4 §4.1); throws where an option does not fit its field. */
export function encodeBind(options: ResolvedOptions, sequence: number): Buffer {
  return encodePdu({
    command: COMMAND[`bind_${options.bindAs}`],
    sequence,
    system_id: options.systemId,
    password: options.password,
    system_type: options.systemType,
    interface_version: options.interfaceVersion,
    addr_ton: options.addressTon,
    addr_npi: options.addressNpi,
    address_range: options.addressRange,
  });
}
