/**
 * The way to an SMSC: TCP, or TLS on top of it (1.2 and above). A route that has TLS is never spoken to in the clear, and
 * nothing is sent before the certificate of the SMSC is verified.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Route } from '../broadcasts/routes.ts';

export interface TransportFault {
  /** A code where there is one, for logs and metrics; never an address. */
  readonly reason: string;
  /** A certificate was not accepted, theirs or ours. */
  readonly distrusted: boolean;
}

export interface TransportEvents {
  readonly onReady: (socket: Socket) => void;
  /** Once: the transport could not be opened, or broke later on. */
  readonly onFault: (fault: TransportFault) => void;
}

/** Opens a transport within the route's `bindTimeoutMs`; what becomes of it is told by `events` after this returns. */
export function openTransport(route: Route, { onReady, onFault }: TransportEvents): Socket {
  const { host, port, tls } = route;
  const socket = tls
    ? connectTls({
        host,
        port,
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        rejectUnauthorized: tls.verify,
        minVersion: 'TLSv1.2',
        ...serverNameOf(tls.serverName ?? host, tls.serverName !== undefined),
      })
    : connect({ host, port });
  socket.setNoDelay(true);
  const timer = setTimeout(() => socket.destroy(new Error('connect timeout')), route.bindTimeoutMs);
  socket.once(tls ? 'secureConnect' : 'connect', () => {
    clearTimeout(timer);
    onReady(socket);
  });
  socket.once('error', (error: NodeJS.ErrnoException) => onFault(faultOf(socket, error)));
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

/** RFC 6066 §3 lets no address be sent as a name; the certificate is held against it all the same. */
function serverNameOf(name: string, given: boolean): { servername?: string } {
  return given || isIP(name) === 0 ? { servername: name } : {};
}

function faultOf(socket: Socket, error: NodeJS.ErrnoException): TransportFault {
  const code = error.code ?? error.message;
  if (!(socket instanceof TLSSocket)) return { reason: code, distrusted: false };
  // OpenSSL's own errors are alerts of the other side, too: it does not take our certificate, or speaks no TLS.
  const distrusted = Boolean(socket.authorizationError) || /^(ERR_SSL_|ERR_TLS_CERT_|EPROTO$)/.test(code);
  return { reason: code, distrusted };
}
