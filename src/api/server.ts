/** Listening and leaving: the only place of the API that opens a port. It refuses to hang on idle or endless connections. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ApiServer {
  readonly port: number;
  /** Takes no new call, ends streams, lets running calls finish within `graceMs`, then cuts them. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Ends the streams that would otherwise never end: `app.closeStreams`. */
  closeStreams?: () => void;
  graceMs?: number;
  /** For the headers of a request to come in. */
  headersMs?: number;
}

/** A supervisor kills after 10 s. */
const GRACE_MS = 8_000;
const SWEEP_EVERY_MS = 50;
/** An idle client may keep its connection this long; above a proxy's usual 60 s, so that the proxy closes first. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 15_000;
/** A country's audience may take long to upload, and then minutes to import, in which the socket is silent. */
const REQUEST_MS = 30 * 60_000;
const SILENT_SOCKET_MS = 10 * 60_000;
/** How often Node looks for connections whose headers or body are late. */
const CHECK_EVERY_MS = 2_000;
/** A token with a hundred groups takes some 6 KiB. */
const HEADER_BYTES = 16_384;
const HEADERS_MAX = 64;
const CONNECTIONS_MAX = 4_000;

export async function startServer(app: RequestListener, options: ServerOptions): Promise<ApiServer> {
  const { host, port, closeStreams, graceMs = GRACE_MS } = options;
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: options.headersMs ?? HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, options.headersMs ?? CHECK_EVERY_MS),
      maxHeaderSize: HEADER_BYTES,
      // RFC 9112 to the letter: what a proxy reads otherwise than we do could hide a second request in the first.
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    app,
  );
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(SILENT_SOCKET_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection becomes idle only when its call is done, and new streams may still open: so again and again.
    const sweep = setInterval(() => {
      closeStreams?.();
      server.closeIdleConnections();
    }, SWEEP_EVERY_MS);
    closeStreams?.();
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
