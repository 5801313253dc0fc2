/**
 * The floor, as a process: our frames over several links, no store, no pacing. It matches each receipt with its response
 * by message id, as any client must, and keeps nothing else.
 * Arguments: port, links, window, messages, first number, text.
 */
import { connect } from 'node:net';
import { absoluteTime } from '../src/dispatch/lane-texts.ts';
import { COMMAND, ESM_CLASS, RESPONSE_BIT, STATUS } from '../src/smpp/constants.ts';
import { readDeliver } from '../src/smpp/deliver.ts';
import { writeDeliverResp } from '../src/smpp/fast-writers.ts';
import { FrameReader } from '../src/smpp/frames.ts';
import { readLatin1, readU32 } from '../src/smpp/octets.ts';
import { encodeBind, resolveOptions } from '../src/smpp/session-options.ts';
import { SubmitTemplate } from '../src/smpp/submit-template.ts';
import { concatenationUdh, encodeSegments } from '../src/sms/encode.ts';
import { segment } from '../src/sms/segments.ts';
import { ACCOUNT } from './account.ts';

const SENDER = { address: 'ALERTE', ton: 5, npi: 0 };
const RESP_BYTES = 17;
const VALID_UNTIL_MS = Date.now() + 3_600_000;
const SUBMIT_RESP = (COMMAND.submit_sm | RESPONSE_BIT) >>> 0;
const BIND_RESP = (COMMAND.bind_transceiver | RESPONSE_BIT) >>> 0;

const [port = 0, links = 0, window = 0, messages = 0, firstNumber = 0] = process.argv.slice(2, 7).map(Number);
const text = process.argv[7] ?? '';

const templates = templatesOf(text);
const parts = messages * templates.length;
const addresses = new Map<string, number>();
/** Ids of receipts that came before their response. */
const early = new Set<string>();
let next = 0;
let receipts = 0;
let bound = 0;
const pumps: (() => void)[] = [];

for (let i = 0; i < links; i += 1) openLink();

function openLink(): void {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  const reader = new FrameReader();
  let unanswered = 0;
  let answers = Buffer.allocUnsafe(0);
  let answered = 0;

  const pump = () => {
    const n = Math.min(window - unanswered, parts - next);
    if (n <= 0) return;
    const out = Buffer.allocUnsafe(n * templates[0]!.maxLength);
    let at = 0;
    for (let i = 0; i < n; i += 1) {
      // The sequence number is the submission's own number: ours to choose (SMPP 3.4 §3.2), so no table is needed.
      const template = templates[next % templates.length]!;
      at = template.write(out, at, next + 2, firstNumber + Math.floor(next / templates.length));
      next += 1;
    }
    unanswered += n;
    socket.write(out.subarray(0, at));
  };

  const onFrame = (buf: Buffer, start: number, end: number) => {
    const command = readU32(buf, start + 4);
    const sequence = readU32(buf, start + 12);
    if (command === SUBMIT_RESP) {
      unanswered -= 1;
      const id = readLatin1(buf, start + 16, end - 1);
      if (early.size > 0 && early.delete(id)) receipts += 1;
      else addresses.set(id, sequence);
    } else if (command === COMMAND.deliver_sm) {
      const id = readDeliver(buf, start, end).receiptedMessageId;
      if (id !== undefined) {
        if (addresses.delete(id)) receipts += 1;
        else early.add(id);
      }
      answered = writeDeliverResp(answers, answered, command, sequence, STATUS.ESME_ROK);
    } else if (command === BIND_RESP) {
      bound += 1;
      if (bound === links) for (const start of pumps) start();
    }
  };

  pumps.push(pump);
  socket.write(encodeBind(resolveOptions(ACCOUNT), 1));
  socket.on('data', (chunk) => {
    answers = Buffer.allocUnsafe(Math.ceil(chunk.length / 64 + 2) * RESP_BYTES);
    answered = 0;
    reader.push(chunk, onFrame);
    if (answered > 0) socket.write(answers.subarray(0, answered));
    if (bound === links) pump();
    if (receipts === parts) finish();
  });
}

function finish(): void {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpuMicros: user + system })}\n`, () => {
    // The simulator's end of the connections must see the last answers before they are gone.
    setTimeout(() => process.exit(0), 300);
  });
}

/** The product's frames, to the octet: a concatenation header where there are two segments, and a validity period. */
function templatesOf(message: string): SubmitTemplate[] {
  const { dataCoding, payloads } = encodeSegments(segment(message));
  const common = { source: SENDER, registeredDelivery: 1, dataCoding, validityPeriod: absoluteTime(VALID_UNTIL_MS) };
  if (payloads.length === 1) return [new SubmitTemplate({ ...common, shortMessage: payloads[0]! })];
  return payloads.map((payload, i) => {
    const shortMessage = Buffer.concat([concatenationUdh(1, payloads.length, i + 1), payload]);
    return new SubmitTemplate({ ...common, esmClass: ESM_CLASS.udhi, shortMessage });
  });
}
