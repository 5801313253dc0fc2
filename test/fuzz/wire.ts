/** The far end of a live session, octet by octet, and what SMPP 3.4 says that it must get back: apart from the codec. */
import type { Socket } from 'node:net';

export const LEAST_LENGTH = 16;
export const MOST_LENGTH = 65_536;
const RESPONSE = 0x80000000;

export const CODE = {
  genericNack: 0x80000000,
  submit: 4,
  deliver: 5,
  unbind: 6,
  outbind: 0x0b,
  enquire: 0x15,
  alert: 0x102,
  data: 0x103,
} as const;

export const INVALID_LENGTH = 2;
export const UNKNOWN_COMMAND = 3;

export interface Header {
  readonly length: number;
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
}

export const headerOf = (octets: Buffer, at = 0): Header => ({
  length: octets.readUInt32BE(at),
  command: octets.readUInt32BE(at + 4),
  status: octets.readUInt32BE(at + 8),
  sequence: octets.readUInt32BE(at + 12),
});

export const isResponse = (command: number): boolean => command >= RESPONSE;

export function bare(command: number, sequence: number): Buffer {
  const octets = Buffer.alloc(LEAST_LENGTH);
  octets.writeUInt32BE(LEAST_LENGTH, 0);
  octets.writeUInt32BE(command, 4);
  octets.writeUInt32BE(sequence, 12);
  return octets;
}

/** Headers of the PDUs that came on a socket, as they come. */
export class Answers {
  readonly bySequence = new Map<number, Header[]>();
  closed = false;
  #rest: Buffer = Buffer.alloc(0);
  #onChange: () => void = () => {};

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#onChange();
    });
  }

  /** Waits until `look` is true; false when it was not within the time. */
  async until(look: () => boolean, withinMs: number): Promise<boolean> {
    if (look()) return true;
    return new Promise((resolve) => {
      const done = (result: boolean) => {
        clearTimeout(timer);
        this.#onChange = () => {};
        resolve(result);
      };
      const timer = setTimeout(() => done(false), withinMs);
      this.#onChange = () => {
        if (look()) done(true);
      };
    });
  }

  of(sequence: number): readonly Header[] {
    return this.bySequence.get(sequence) ?? [];
  }

  #take(chunk: Buffer): void {
    let octets: Buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (octets.length >= LEAST_LENGTH) {
      const header = headerOf(octets);
      if (header.length < LEAST_LENGTH) throw new Error('the session wrote a PDU of no length');
      if (octets.length < header.length) break;
      this.bySequence.set(header.sequence, [...this.of(header.sequence), header]);
      octets = octets.subarray(header.length);
    }
    this.#rest = octets;
    this.#onChange();
  }
}

/** Whether a stream can be cut up to its end: `bad` at a length that cannot be, `open` in the middle of a PDU. */
export function cut(octets: Buffer): 'whole' | 'open' | 'bad' {
  let at = 0;
  while (octets.length - at >= 4) {
    const length = octets.readUInt32BE(at);
    if (length < LEAST_LENGTH || length > MOST_LENGTH) return 'bad';
    if (octets.length - at < length) return 'open';
    at += length;
  }
  return at === octets.length ? 'whole' : 'open';
}

/** Whether the mandatory fields of a deliver_sm or data_sm are all there (§4.6.1, §4.7.1); TLVs do not matter. */
export function isDeliverable(octets: Buffer): boolean {
  const { command } = headerOf(octets);
  let at = LEAST_LENGTH;
  const string = () => {
    const end = octets.indexOf(0, at);
    at = end < 0 ? Number.POSITIVE_INFINITY : end + 1;
  };
  string();
  at += 2;
  string();
  at += 2;
  string();
  if (command === CODE.data) return at + 3 <= octets.length;
  at += 3;
  string();
  string();
  at += 4;
  if (at >= octets.length) return false;
  return at + 1 + octets[at]! <= octets.length;
}
