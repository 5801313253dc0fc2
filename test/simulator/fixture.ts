/** A simulator on free ports for each test, with receipts at once unless the test says otherwise; stopped afterwards. */
import type { BehaviourInput } from '../../src/simulator/behaviour.ts';
import type { Simulator } from '../../src/simulator/running.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { boundClient, openClient, type PackageClient } from './package-client.ts';
import { boundRaw, openRaw, type RawClient } from './raw-client.ts';

export const ALICE = 33_639_980_001;
export const BOB = 33_639_980_002;

/** Registers its own afterEach: call it in a describe block. */
export function simulatorFixture() {
  const running: Simulator[] = [];
  const clients: { destroy(): void }[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const simulator of running.splice(0)) await simulator.stop();
  });

  const start = async (behaviour: BehaviourInput = {}, seed = 1): Promise<Simulator> => {
    const receipts = { delayMs: { min: 0, max: 0 }, ...behaviour.receipts };
    const simulator = await startSimulator({ behaviour: { ...behaviour, receipts }, seed });
    running.push(simulator);
    return simulator;
  };
  const keep = (client: PackageClient): PackageClient => {
    clients.push(client.session);
    return client;
  };
  const keepRaw = (client: RawClient): RawClient => {
    clients.push(client.socket);
    return client;
  };
  return {
    start,
    /** The smpp package's client, connected only. */
    open: async (simulator: Simulator) => keep(await openClient(simulator.smppPort)),
    /** The same, bound as a transceiver. */
    bound: async (simulator: Simulator, fields: Record<string, unknown> = {}) =>
      keep(await boundClient(simulator.smppPort, fields)),
    openRaw: async (simulator: Simulator) => keepRaw(await openRaw(simulator.smppPort)),
    boundRaw: async (simulator: Simulator) => keepRaw(await boundRaw(simulator.smppPort)),
  };
}
