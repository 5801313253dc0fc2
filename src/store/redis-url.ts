/**
 * What TOCSIN_REDIS_URL may say: one server, the Sentinels that watch over one, or a Cluster. Every fault is named, and
 * none repeats a value, since a URL may hold a password.
 */
import { TocsinError } from '../errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
}

export type RedisTarget =
  /** `url` as ioredis takes it. */
  | { readonly kind: 'server'; readonly url: string; readonly hosts: readonly Address[] }
  | {
      readonly kind: 'sentinel';
      readonly tls: boolean;
      readonly hosts: readonly Address[];
      /** The name that the Sentinels know the master by. */
      readonly master: string;
      readonly db: number;
      readonly login: Login;
      /** Of the Sentinels themselves. */
      readonly sentinelLogin: Login;
    }
  | { readonly kind: 'cluster'; readonly tls: boolean; readonly hosts: readonly Address[]; readonly login: Login };

const FORMS =
  'redis://host:port, redis+sentinel://host:port,host:port,host:port/master or redis+cluster://host:port,host:port,host:port (rediss for TLS)';
const PARTS = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const PORT_MAX = 65_535;
const DEFAULT_PORT = { server: 6_379, sentinel: 26_379, cluster: 6_379 } as const;
const SENTINEL_SETTINGS: readonly string[] = ['sentinelUsername', 'sentinelPassword'];

/** Everything that is wrong with a URL; empty when it can be used. */
export function redisUrlFaults(url: string): string[] {
  const faults: string[] = [];
  read(url, faults);
  return faults;
}

/** Throws `invalid` / `bad_redis_url` with every fault. */
export function redisTarget(url: string): RedisTarget {
  const faults: string[] = [];
  const target = read(url, faults);
  if (target && faults.length === 0) return target;
  throw new TocsinError('invalid', 'bad_redis_url', 'The URL of Redis is not usable', {
    faults: faults.map((message) => ({ at: 'TOCSIN_REDIS_URL', message })),
  });
}

/** The hosts, for messages: nothing of a login. */
export const hostsOf = (url: string): string =>
  redisTarget(url)
    .hosts.map(({ host, port }) => `${host}:${port}`)
    .join(', ');

/** The URL with a password that was given apart from it; undefined when it has one of its own. */
export function urlWithPassword(url: string, password: string): string | undefined {
  const [, scheme = '', login = '', rest = ''] = /^([a-z+]+:\/\/)(?:([^@/?#]*)@)?(.*)$/s.exec(url) ?? [];
  const [username = '', ...passwords] = login.split(':');
  return passwords.some((part) => part !== '')
    ? undefined
    : `${scheme}${username}:${encodeURIComponent(password)}@${rest}`;
}

function read(url: string, faults: string[]): RedisTarget | undefined {
  if (/^rediss?:\/\//.test(url)) return server(url, faults);
  const [, scheme, form, login = '', hosts = '', path = '', query = ''] = PARTS.exec(url) ?? [];
  if (scheme === undefined) {
    faults.push(`must be ${FORMS}`);
    return undefined;
  }
  const kind = form as 'sentinel' | 'cluster';
  const common = {
    tls: scheme === 'rediss',
    hosts: hosts.split(',').flatMap((host, i) => addressOf(host, i, DEFAULT_PORT[kind], faults)),
    login: loginOf(login, faults),
  };
  const settings = new URLSearchParams(query);
  const known = kind === 'sentinel' ? SENTINEL_SETTINGS : [];
  if ([...settings.keys()].some((name) => !known.includes(name))) {
    faults.push(
      known.length > 0
        ? `after "?" only ${known.join(' and ')} may stand`
        : 'nothing may stand after "?" for a Cluster',
    );
  }
  if (kind === 'cluster') {
    if (path !== '') faults.push('a Cluster has no database: nothing may stand after the hosts');
    return { kind, ...common };
  }
  const [master = '', db = '0', ...rest] = path.split('/');
  if (master === '') faults.push('lacks the name of the master after the hosts: …/mymaster');
  if (!/^\d{1,5}$/.test(db) || rest.length > 0)
    faults.push('after the name of the master only a database number may stand');
  const username = settings.get('sentinelUsername');
  const password = settings.get('sentinelPassword');
  const sentinelLogin = { ...(username ? { username } : {}), ...(password ? { password } : {}) };
  return { kind, ...common, master: decoded(master, faults), db: Number(db), sentinelLogin };
}

function server(url: string, faults: string[]): RedisTarget | undefined {
  if (!URL.canParse(url)) {
    faults.push(`must be ${FORMS}`);
    return undefined;
  }
  const { hostname, port } = new URL(url);
  return { kind: 'server', url, hosts: [{ host: hostname, port: Number(port) || DEFAULT_PORT.server }] };
}

function addressOf(text: string, i: number, defaultPort: number, faults: string[]): Address[] {
  const [, host, port = String(defaultPort)] = HOST.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > PORT_MAX) {
    faults.push(`host ${i + 1} is not of the form host:port`);
    return [];
  }
  return [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }];
}

function loginOf(text: string, faults: string[]): Login {
  if (text === '') return {};
  const [username = '', ...rest] = text.split(':');
  if (rest.length !== 1 || rest[0] === '') {
    faults.push('before "@" must stand user:password or :password, with special characters in percent-encoding');
    return {};
  }
  const password = decoded(rest[0] ?? '', faults);
  return username === '' ? { password } : { username: decoded(username, faults), password };
}

function decoded(text: string, faults: string[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    faults.push('has a "%" that is not part of a percent-encoding');
    return text;
  }
}
