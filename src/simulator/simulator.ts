/** The SMSC simulator as one thing to start and stop: the SMSC on SMPP, its control on HTTP. Tests start it in-process. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../log.ts';
import { type Behaviour, parseBehaviour, patchBehaviour } from './behaviour.ts';
import { createControl } from './control.ts';
import type { Simulator } from './running.ts';
import { Smsc, type SmscTls } from './smsc.ts';

export interface SimulatorOptions {
  /** 0 takes any free port. */
  smppPort?: number;
  smppHost?: string;
  httpPort?: number;
  httpHost?: string;
  /** As in `parseBehaviour`; what is left out has its default. */
  behaviour?: unknown;
  /** The same seed and the same order of submissions give the same choices. */
  seed?: number;
  /** SMPP over TLS only. */
  tls?: SmscTls | undefined;
  /** Where failures of the HTTP control are told. */
  log?: Logger;
}

/** Starts both servers, on loopback unless told otherwise. The caller stops it. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  let behaviour = parseBehaviour(options.behaviour ?? {});
  const smsc = new Smsc(behaviour, options.seed ?? 1, options.tls);
  const smppPort = await smsc.start(options.smppHost ?? '127.0.0.1', options.smppPort ?? 0);

  const apply = (next: Behaviour): Behaviour => {
    smsc.setBehaviour(next);
    behaviour = next;
    return next;
  };
  const http = createServer();
  const simulator: Simulator = {
    smppPort,
    get httpPort() {
      return (http.address() as AddressInfo).port;
    },
    record: smsc.state.record,
    get behaviour() {
      return behaviour;
    },
    setBehaviour: (input) => apply(parseBehaviour(input)),
    patchBehaviour: (patch) => apply(patchBehaviour(behaviour, patch)),
    links: () => [...smsc.state.links.values()],
    act: (action, isMeant = () => true, details = {}) => smsc.act(action, isMeant, details),
    held: () => smsc.state.held.size,
    stop: async () => {
      const closed = new Promise((resolve) => {
        http.close(resolve);
      });
      http.closeAllConnections();
      await Promise.all([closed, smsc.stop()]);
    },
  };
  http.on('request', createControl(simulator, options.log));
  http.listen(options.httpPort ?? 0, options.httpHost ?? '127.0.0.1');
  try {
    await once(http, 'listening');
  } catch (error) {
    await smsc.stop();
    throw error;
  }
  return simulator;
}
