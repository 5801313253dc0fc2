/**
 * What a browser is told about every reply: run nothing, load nothing, frame nothing, keep nothing. Only the few pages
 * that are made for people may load what comes from here.
 */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const NOTHING = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };
/** Swagger UI and the page of the directory set styles on elements; neither has a script of its own in the page. */
const OF_PAGES = {
  ...NOTHING,
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
};
const PAGES = /^\/(docs|directory)(\/|$)/;
/** What no page of ours ever asks a browser for. */
const PERMISSIONS = [
  ...['accelerometer', 'browsing-topics', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'publickey-credentials-get', 'serial', 'usb'],
  'xr-spatial-tracking',
];

/** `upgrade-insecure-requests` is left out: inside a crisis cell the page may be plain HTTP. */
export function securityHeaders(): RequestHandler[] {
  const withPolicy = (directives: Record<string, string[]>) =>
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives },
      xFrameOptions: { action: 'deny' },
      referrerPolicy: { policy: 'no-referrer' },
    });
  const [pages, others] = [withPolicy(OF_PAGES), withPolicy(NOTHING)];
  const permissions = PERMISSIONS.map((name) => `${name}=()`).join(', ');
  const rest: RequestHandler = (_request, response, next) => {
    response.set('Permissions-Policy', permissions);
    // A handler whose reply is public may say otherwise.
    response.set('Cache-Control', 'no-store');
    next();
  };
  return [(request, response, next) => (PAGES.test(request.path) ? pages : others)(request, response, next), rest];
}
