/** Reads the routes file at start-up: everything in it is checked, and every fault is named by its place. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { z } from 'zod';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import { isOpenToOthers, OPEN_TO_OTHERS } from '../store/secret-file.ts';
import { type OrderRule, orderFaults, orderRuleSchema } from './route-choice.ts';
import { readTls } from './route-tls.ts';
import { type Route, routeSchema } from './routes.ts';

const fileSchema = z.strictObject({
  routes: z.array(z.unknown()).min(1, 'names no route'),
  order: z.array(orderRuleSchema).default([]),
});

export interface RoutesFile {
  readonly routes: readonly Route[];
  /** Which of them carry which regions; none: all of a kind, the first of them in use. */
  readonly order: readonly OrderRule[];
  /** What works, and should not be left so: secrets that others on the machine may read. `at` is a JSON pointer. */
  readonly warnings: readonly Fault[];
}

export async function loadRoutes(file: string): Promise<readonly Route[]> {
  return (await loadRoutesFile(file)).routes;
}

/**
 * Reads the routes file. Throws `invalid` / `bad_routes` with every fault, each at its place in the file. `passwords: false`
 * leaves out passwords and our keys for TLS, and reads none of their files: for programs that log in at no SMSC.
 */
export async function loadRoutesFile(
  file: string,
  { passwords = true }: { readonly passwords?: boolean } = {},
): Promise<RoutesFile> {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const document = parseDocument(await readRoutesFile(file));
  for (const error of document.errors) faults.push({ at: file, message: error.message });
  refuseFaults('bad_routes', 'The routes file is not usable', faults);
  const outer = fileSchema.safeParse(contentOf(document, file));
  const routes: Route[] = [];
  addIssues(faults, outer.error, file, []);
  for (const [i, given] of (outer.data?.routes ?? []).entries()) {
    const parsed = routeSchema.safeParse(given);
    addIssues(faults, parsed.error, file, ['routes', i]);
    if (!parsed.success) continue;
    const { passwordFile, password = '', tls, ...route } = passwords ? parsed.data : withoutSecrets(parsed.data);
    if (routes.some(({ id }) => id === route.id)) {
      faults.push({ at: `${file}: /routes/${i}/id`, message: `"${route.id}" is there twice` });
    }
    const at = (field: string, message: string) => faults.push({ at: `${file}: /routes/${i}/tls/${field}`, message });
    const holder = passwordFile ? resolve(dirname(file), passwordFile) : file;
    if ((passwordFile || (password !== '' && route.kind === 'live')) && isOpenToOthers(holder)) {
      warnings.push({ at: `/routes/${i}/password${passwordFile ? 'File' : ''}`, message: OPEN_TO_OTHERS });
    }
    if (tls?.keyFile && isOpenToOthers(resolve(dirname(file), tls.keyFile))) {
      warnings.push({ at: `/routes/${i}/tls/keyFile`, message: OPEN_TO_OTHERS });
    }
    routes.push({
      ...route,
      password: passwordFile ? await readPassword(file, passwordFile, i, faults) : password,
      ...(tls && { tls: await readTls(file, tls, at) }),
    });
  }
  const order = outer.data?.order ?? [];
  // A route with a fault of its own is not among those read: the order is held against good ones only.
  if (faults.length === 0)
    faults.push(...orderFaults(order, routes).map((fault) => ({ ...fault, at: `${file}: ${fault.at}` })));
  refuseFaults('bad_routes', 'The routes file is not usable', faults);
  return { routes, order, warnings };
}

type Given = z.output<typeof routeSchema>;

function withoutSecrets({ passwordFile: _file, password: _password, tls, ...route }: Given): Given {
  if (tls === undefined) return route;
  const { certFile: _certFile, keyFile: _keyFile, ...open } = tls;
  return { ...route, tls: open };
}

/** Aliases are refused: they can make a small file a very large one. */
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch (error) {
    refuseFaults('bad_routes', 'The routes file is not usable', [{ at: file, message: (error as Error).message }]);
    throw error;
  }
}

async function readRoutesFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TocsinError('invalid', 'bad_routes', `The routes file ${file} cannot be read`, {
      faults: [{ at: file, message: (cause as Error).message }],
    });
  }
}

async function readPassword(file: string, passwordFile: string, i: number, faults: Fault[]): Promise<string> {
  const at = `${file}: /routes/${i}/passwordFile`;
  try {
    const password = (await readFile(resolve(dirname(file), passwordFile), 'utf8')).trim();
    const read = routeSchema.shape.password.safeParse(password);
    for (const { message } of read.error?.issues ?? []) faults.push({ at, message });
    return password;
  } catch (error) {
    faults.push({ at, message: (error as Error).message });
    return '';
  }
}

function addIssues(faults: Fault[], error: z.ZodError | undefined, file: string, place: readonly PropertyKey[]): void {
  for (const issue of error?.issues ?? []) {
    faults.push({
      at: `${file}: /${[...place, ...issue.path].map(String).join('/')}`,
      message: / received undefined$/.test(issue.message) ? 'is missing' : issue.message,
    });
  }
}
