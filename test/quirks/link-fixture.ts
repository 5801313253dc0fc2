/** One link against the simulator, without a store: what it tells is kept, and places are freed as if all were durable. */
import type { RouteTls } from '../../src/broadcasts/route-tls.ts';
import type { Route } from '../../src/broadcasts/routes.ts';
import { Link, type LinkState } from '../../src/dispatch/link.ts';
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { SmscTls } from '../../src/simulator/smsc.ts';
import type { Deliver } from '../../src/smpp/deliver.ts';
import { SubmitTemplate } from '../../src/smpp/submit-template.ts';
import { aRoute } from '../broadcasts/builders.ts';
import { waitFor } from '../support/wait-for.ts';
import { RawSmsc } from './raw-smsc.ts';

const TEMPLATE = new SubmitTemplate({
  source: { address: 'Tocsin', ton: 5, npi: 0 },
  registeredDelivery: 1,
  shortMessage: Buffer.from('EXERCICE'),
});
const FIRST_MSISDN = 999_000_000_000;
/** Quick enough for a test, and otherwise as in the field. */
const ROUTE = { window: 50, responseTimeoutMs: 5_000, bindTimeoutMs: 1_000, reconnectMinMs: 20, reconnectMaxMs: 200 };

export interface Changed {
  from: LinkState;
  to: LinkState;
  reason: string;
}

/** Registers its own afterEach: call it once in a file. */
export function linkFixture() {
  const endings: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const each of endings.splice(0).reverse()) await each();
  });

  const simulate = async (behaviour: BehaviourInput = {}, tls?: SmscTls, smppPort = 0): Promise<Simulator> => {
    const receipts = { delayMs: { min: 0, max: 0 }, ...behaviour.receipts };
    const simulator = await startSimulator({ behaviour: { ...behaviour, receipts }, tls, smppPort });
    endings.push(() => simulator.stop());
    return simulator;
  };

  /** A link to a peer that listens on `smppPort`; started, not awaited. */
  const link = (smppPort: number, changes: Partial<Record<keyof Route, unknown>> = {}, tls?: RouteTls) => {
    const responses: { address: number; status: number; late: boolean }[] = [];
    const inDoubt: number[] = [];
    const delivers: Deliver[] = [];
    const changed: Changed[] = [];
    const anomalies: string[] = [];
    const refused: number[] = [];
    const distrusted: string[] = [];
    const route = { ...aRoute({ ...ROUTE, port: smppPort, ...changes }), ...(tls && { tls }) };
    const made = new Link(route, 0, {
      onResponse: (of, address, status) => {
        responses.push({ address, status, late: false });
        const { session } = of;
        // As in the field: the place is free a while later, when the response is durable.
        setImmediate(() => of.release(session));
      },
      onLateResponse: (_of, address, status) => responses.push({ address, status, late: true }),
      onInDoubt: (addresses) => inDoubt.push(...addresses),
      onDeliver: (_of, session, deliver) => {
        delivers.push(deliver);
        session.respond(deliver.sequence, 0, deliver.command);
      },
      onRoom: () => {},
      onState: (_of, change) => changed.push(change),
      onRefused: (_of, status) => refused.push(status),
      onDistrust: (_of, reason) => distrusted.push(reason),
      onAnomaly: (_of, { kind }) => anomalies.push(kind),
    });
    endings.push(() => made.stop('the test is over'));
    made.start();
    let next = 0;
    return {
      link: made,
      responses,
      inDoubt,
      delivers,
      changed,
      anomalies,
      refused,
      distrusted,
      /** Writes so many submissions, each to a number of its own; the address is its ordinal. */
      submit: (count: number, template = TEMPLATE): void => {
        const msisdns = Float64Array.from({ length: count }, (_, i) => FIRST_MSISDN + next + i);
        const addresses = Float64Array.from({ length: count }, (_, i) => next + i);
        next += count;
        made.submit(template, msisdns, addresses, 0, count - 1);
      },
      bound: () => waitFor(() => made.state === 'bound', 10_000, 'the bind'),
    };
  };

  /** A link that is bound to a simulator of its own. */
  const open = async (behaviour: BehaviourInput = {}, changes: Partial<Record<keyof Route, unknown>> = {}) => {
    const simulator = await simulate(behaviour);
    const opened = link(simulator.smppPort, changes);
    await opened.bound();
    return { simulator, ...opened };
  };

  /** A link that is bound to a peer by hand. */
  const openRaw = async (changes: Partial<Record<keyof Route, unknown>> = {}) => {
    const smsc = new RawSmsc();
    await smsc.start();
    endings.push(() => smsc.stop());
    const opened = link(smsc.port, changes);
    await opened.bound();
    return { smsc, ...opened };
  };

  return { simulate, link, open, openRaw, atEnd: (ending: () => Promise<void> | void) => endings.push(ending) };
}
