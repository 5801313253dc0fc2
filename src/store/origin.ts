/**
 * From where an act comes: known at the edge of a program (a request, a command line) and told where its audit entry is
 * written. It travels with the asynchronous calls, so that nothing in between can forget to hand it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';

const origins = new AsyncLocalStorage<string>();
const HERE = `host:${hostname()}`;

/** Runs `work`; all acts in it come from `origin`: a client's address, or `host:<name>`. */
export const actingFrom = <T>(origin: string, work: () => T): T => origins.run(origin, work);

/** Where nobody said so, an act is this machine's own. */
export const currentOrigin = (): string => origins.getStore() ?? HERE;
