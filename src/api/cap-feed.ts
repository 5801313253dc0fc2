/**
 * The alerts that were launched, for everybody: an Atom feed and a CAP document each. Without a key one reads Actual
 * alerts only, and only where the CAP file has the feed public; never a draft, whoever asks.
 */
import { createHash } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { ATOM_MEDIA, atomFeed, CAP_MEDIA } from '../cap/feed.ts';
import { PublicAlerts } from '../cap/public-alerts.ts';
import { TocsinError } from '../errors.ts';
import type { NoticeStatus } from '../templates/rendering.ts';
import { authenticate } from './authenticate.ts';
import type { ApiDeps } from './deps.ts';
import { limitFeedReads } from './limits.ts';
import { requireStore } from './pipeline.ts';

/** For caches between us and a crowd; an all-clear waits no longer than this. */
const FRESH_SECONDS = 10;
const STATUSES: readonly string[] = ['Actual', 'Exercise', 'Test'] satisfies NoticeStatus[];

type Deps = Pick<
  ApiDeps,
  'store' | 'notices' | 'templates' | 'cap' | 'keys' | 'identity' | 'now' | 'feedReadsPerMinute'
>;

export function capFeed(deps: Deps): Router {
  const { notices, templates, cap, now } = deps;
  const feed = cap?.feed ?? 'public';
  const router = Router();
  if (feed === 'off') return router;
  const alerts = new PublicAlerts({
    ...{ records: notices.records, templates },
    ...(cap?.signer === undefined ? {} : { signer: cap.signer }),
    ...(now === undefined ? {} : { now }),
  });
  const requireKey = stepOf(authenticate(deps));
  const isOpen = (status: NoticeStatus | undefined) => feed === 'public' && status === 'Actual';
  router.use(limitFeedReads(deps), requireStore(deps));

  router.get('/feed', async (request, response) => {
    const status = statusOf(request);
    if (!isOpen(status)) await requireKey(request, response);
    const { xml, updatedMs } = atomFeed(await alerts.list(status), status);
    send(response, { media: ATOM_MEDIA, body: xml, modifiedMs: updatedMs, open: isOpen(status) });
  });

  router.get('/alerts/:id.xml', async (request: Request<{ id: string }>, response) => {
    const { id } = request.params;
    const found = await alerts.find(id);
    const open = isOpen(found?.alert.status);
    // Before the answer whether there is one: what is no public alert is nobody's to know.
    if (!open) await requireKey(request, response);
    if (!found) throw new TocsinError('not-found', 'unknown_alert', `No alert "${id}" was launched here`);
    send(response, { media: CAP_MEDIA, body: found.xml(), modifiedMs: found.alert.updatedMs, open });
  });
  return router;
}

function statusOf({ query }: Request): NoticeStatus {
  const { status = 'Actual', ...others } = query;
  const unknown = Object.keys(others)[0];
  if (unknown === undefined && STATUSES.includes(String(status))) return status as NoticeStatus;
  const at = `?${unknown ?? 'status'}`;
  const message = unknown === undefined ? `must be one of ${STATUSES.join(', ')}` : 'is not a field here';
  throw new TocsinError('invalid', 'invalid_query', `The request has faults at ${at}`, { faults: [{ at, message }] });
}

/** Express answers 304 by itself where the caller has the same already (RFC 9110 §13.1). */
function send(
  response: Response,
  { media, body, modifiedMs, open }: { media: string; body: string; modifiedMs: number; open: boolean },
): void {
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 32);
  response.set({
    'Content-Type': `${media}; charset=utf-8`,
    'Cache-Control': open ? `public, max-age=${FRESH_SECONDS}` : 'private, no-cache',
    ETag: `"${digest}"`,
    'Last-Modified': new Date(modifiedMs).toUTCString(),
  });
  response.send(body);
}

/** A step of a call as something to wait for: some calls need it only once they know what was asked for. */
function stepOf(step: RequestHandler) {
  return (request: Request, response: Response) =>
    new Promise<void>((resolve, reject) => {
      Promise.resolve(
        step(request as Request, response, (error?: unknown) => (error ? reject(error) : resolve())),
      ).catch(reject);
    });
}
