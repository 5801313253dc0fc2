/** The SMSC simulator as a program: options in, one line when it is ready, stops on SIGTERM and SIGINT. */
import { TocsinError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { readOptions } from '../simulator/options.ts';
import { startSimulator } from '../simulator/simulator.ts';

const log = createLogger('info', 'simulator');

try {
  const simulator = await startSimulator({ ...readOptions(process.argv), log });
  log.info({ smppPort: simulator.smppPort, httpPort: simulator.httpPort }, 'simulator ready');
  const stop = async (signal: string): Promise<void> => {
    await simulator.stop();
    log.info({ signal }, 'simulator stopped');
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const faults = error instanceof TocsinError ? error.faults : [];
  log.fatal({ err: error, faults }, 'simulator cannot start');
  process.exitCode = 1;
}
