/**
 * The simulated SMSC: the TCP server, its links and its clock, joined to the parts that judge and answer. It owns
 * their order of start and stop; the HTTP control and the options are not its business.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createServer as createTlsServer } from 'node:tls';
import { COMMAND, STATUS } from '../smpp/constants.ts';
import { readU32 } from '../smpp/octets.ts';
import { Accounts } from './account-state.ts';
import { type ActionDetails, perform, performScheduled } from './actions.ts';
import type { Behaviour } from './behaviour.ts';
import { HeldMessages } from './held-messages.ts';
import { firstId } from './message-ids.ts';
import { type Action, makePlan } from './plan.ts';
import { SeededRandom } from './random.ts';
import { Receipts } from './receipts.ts';
import { SimulatorRecord } from './record.ts';
import { Requests } from './requests.ts';
import { Responses } from './responses.ts';
import { type LinkHandlers, SmscLink } from './smsc-link.ts';
import { accountOf, type SmscState } from './state.ts';
import { Submissions } from './submissions.ts';

/** TLS 1.2 and above (smpps); with authorities, a client must show a certificate of one of them. All in PEM. */
export interface SmscTls {
  cert: string;
  key: string;
  ca?: string;
}

const TICK_MS = 5;
const RECEIPT_SEED = 0x5eed;

export class Smsc {
  readonly state: SmscState;

  readonly #clockFirstId = firstId(null, Date.now());
  readonly #receipts: Receipts;
  readonly #responses: Responses;
  readonly #submissions: Submissions;
  readonly #requests: Requests;
  readonly #server: Server;
  readonly #handlers: LinkHandlers;
  /** Connections as TCP has them, TLS handshakes under way included. */
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;
  #tickedAt = wallClock();
  #nextLink = 1;

  constructor(behaviour: Behaviour, seed: number, tls?: SmscTls) {
    const held = new HeldMessages();
    const state: SmscState = {
      plan: makePlan(behaviour, this.#firstId(behaviour)),
      record: new SimulatorRecord(),
      held,
      accounts: new Accounts(held),
      links: new Map(),
      random: new SeededRandom(seed),
      receiptRandom: new SeededRandom(seed ^ RECEIPT_SEED),
      now: wallClock(),
      nextSerial: 0,
    };
    this.state = state;
    this.setBehaviour(behaviour);
    this.#receipts = new Receipts(state);
    this.#responses = new Responses(state);
    this.#submissions = new Submissions(state, this.#receipts, this.#responses);
    this.#requests = new Requests(state, this.#receipts);
    this.#handlers = this.#makeHandlers();
    this.#server = tls ? this.#secureServer(tls) : createServer((socket) => this.#connected(socket));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  #secureServer({ cert, key, ca }: SmscTls): Server {
    const asks = ca !== undefined;
    const server = createTlsServer({ cert, key, ca, requestCert: asks, minVersion: 'TLSv1.2' });
    server.on('secureConnection', (socket) => this.#connected(socket));
    server.on('tlsClientError', () => this.state.record.happened('TLS handshake failed'));
    return server;
  }

  /** Listens; returns the port. */
  async start(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    for (const link of this.state.links.values()) link.drop();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  setBehaviour(behaviour: Behaviour): void {
    this.state.plan = makePlan(behaviour, this.#firstId(behaviour));
    this.state.accounts.apply(behaviour.accounts);
    this.state.record.texts.alphabet = behaviour.submissions.defaultAlphabet;
  }

  /** Does an action to the sessions that `isMeant`; returns to how many. */
  act(action: Action, isMeant: (link: SmscLink) => boolean, details: Partial<ActionDetails>): number {
    this.state.now = wallClock();
    const links = [...this.state.links.values()].filter(isMeant);
    for (const link of links) perform(this.state, link, action, details);
    return links.length;
  }

  #firstId(behaviour: Behaviour): bigint {
    const configured = behaviour.messageIds.first;
    return configured === null ? this.#clockFirstId : firstId(configured, 0);
  }

  #connected(socket: Socket): void {
    const { links, plan } = this.state;
    const { bind, session } = plan.behaviour;
    const settings = {
      firstSequence: session.firstSequence,
      writeChunkBytes: session.writeChunkBytes,
      readBytesPerSecond: () => this.state.plan.behaviour.session.readBytesPerSecond,
    };
    const link = new SmscLink(this.#nextLink++, socket, settings, this.#handlers);
    this.state.now = wallClock();
    link.enquiredAt = this.state.now;
    links.set(link.number, link);
    if (bind.enquireOnConnect) perform(this.state, link, 'enquire');
    if (bind.outbindOnConnect) perform(this.state, link, 'outbind');
  }

  #makeHandlers(): LinkHandlers {
    const { state } = this;
    return {
      onChunkStart: () => {
        state.now = wallClock();
      },
      onFrame: (link, buf, start, end) => {
        const command = readU32(buf, start + 4);
        if (command === COMMAND.submit_sm) {
          this.#submissions.handle(link, buf, start, end);
          if (state.plan.schedule.length > 0) performScheduled(state, link);
        } else if (command === COMMAND.deliver_sm_resp || command === COMMAND.data_sm_resp) {
          this.#receipts.answered(link, readU32(buf, start + 12), readU32(buf, start + 8));
        } else {
          this.#requests.handle(link, buf, start, end);
        }
      },
      onChunkEnd: (link) => this.#pump(link),
      onFrameError: (link) => {
        if (link.mode === 'closed') return;
        state.record.happened('frame error');
        link.send({ command: COMMAND.generic_nack, status: STATUS.ESME_RINVCMDLEN, sequence: 0 });
        link.end();
      },
      onDrain: (link) => this.#pump(link),
      onClosed: (link) => {
        state.links.delete(link.number);
        accountOf(state, link)?.lose(link, state.now + state.plan.behaviour.bind.lingerMs);
        this.#receipts.requeue(link);
      },
    };
  }

  #pump(link: SmscLink): void {
    const account = accountOf(this.state, link);
    if (account !== undefined) this.#receipts.pump(account);
  }

  #tick(): void {
    const { state } = this;
    state.now = wallClock();
    state.record.ticked(state.now - this.#tickedAt - TICK_MS);
    this.#tickedAt = state.now;
    this.#responses.tick();
    this.#receipts.tick();
    const { enquireEveryMs } = state.plan.behaviour.session;
    if (enquireEveryMs === null) return;
    for (const link of state.links.values()) {
      if (link.mode !== 'bound' || link.isFrozen || state.now - link.enquiredAt < enquireEveryMs) continue;
      link.enquiredAt = state.now;
      perform(state, link, 'enquire');
    }
  }
}

/** Milliseconds since the epoch, with fractions, never going back. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
