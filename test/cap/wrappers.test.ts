import { fromCap } from '../../src/cap/reader.ts';
import { faultsOf } from './faults.ts';
import { ALERT, atomEntry, CAP_MESSAGE, edxl, edxl2, soap } from './messages.ts';

const SOAP_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/';
const inFeed = (entries: string) => `<feed xmlns="http://www.w3.org/2005/Atom">\n${entries}</feed>`;
const entryOf = (content: string) => atomEntry(content).replace('<?xml version="1.0"?>\n', '');

test.each([
  ['an EDXL Distribution Element 1.0', edxl(1)],
  ['an EDXL Distribution Element 2.0', edxl2()],
  ['a SOAP 1.1 envelope', soap(ALERT, SOAP_1_1)],
  ['a SOAP 1.2 envelope', soap()],
  ['an EDXL Distribution Element in a SOAP envelope', soap(edxl(1).replace('<?xml version="1.0"?>\n', ''))],
  ['an Atom entry', atomEntry()],
  ['an Atom feed of one', inFeed(entryOf(`<content type="text/xml">${ALERT}</content>`))],
])('an alert is taken out of %s', async (_, xml) => {
  expect(await fromCap(xml)).toEqual(await fromCap(CAP_MESSAGE));
});

test.each<[string, string, string, RegExp]>([
  ['EDXL without an alert', edxl(0), 'line 2', /EDXL wrapper holds no CAP 1\.2 alert/],
  ['EDXL with two alerts', edxl(2), 'line 50', /second alert in one EDXL wrapper/],
  [
    'R6: EDXL that calls an exercise Actual',
    edxl(1, 'Actual'),
    'line 4',
    /distributionStatus is Actual, but.*Exercise/,
  ],
  ['R6: EDXL 2.0 that calls an exercise Actual', edxl2(ALERT, 'Actual'), 'line 4', /DistributionStatus is Actual/],
  ['R6: the same in SOAP', soap(edxl(1, 'Actual').slice(22)), 'line 6', /distributionStatus is Actual/],
  ['a SOAP fault', soap('<s:Fault><s:Code/></s:Fault>'), 'line 4', /is a SOAP fault/],
  ['a SOAP envelope without an alert', soap('<x/>'), 'line 2', /SOAP envelope holds no CAP 1\.2 alert/],
  ['an Atom entry that links to an alert', atomEntry('<link href="x"/>'), 'line 2', /only links to alerts/],
  ['an Atom feed of links', inFeed(entryOf('<link href="x"/>')), 'line 1', /feed only links/],
  ['an Atom feed of two', inFeed(entryOf(ALERT).repeat(2)), 'line 52', /second alert in one Atom feed/],
  ['a wrapper that nobody knows', `<parcel>${ALERT}</parcel>`, 'line 1', /must be alert in namespace/],
  [
    'an alert that is hidden in another',
    CAP_MESSAGE.replace('<scope>', `${ALERT}<scope>`),
    'line 8',
    /no child of alert/,
  ],
])('%s is refused', async (_, xml, at, message) => {
  expect(await faultsOf(xml)).toContainEqual({ at, message: expect.stringMatching(message) });
});

test.each([
  ['CAP 1.0', '1.0', 'http://www.incident.com/cap/1.0'],
  ['CAP 1.1', '1.1', 'urn:oasis:names:tc:emergency:cap:1.1'],
])('%s is refused as what it is, in a wrapper too', async (_, version, namespace) => {
  const old = ALERT.replace('urn:oasis:names:tc:emergency:cap:1.2', namespace);
  const message = expect.stringMatching(new RegExp(`^is CAP ${version}; send CAP 1\\.2`));
  expect(await faultsOf(old, {}, 'unsupported_cap_version')).toEqual([{ at: 'line 1', message }]);
  expect(await faultsOf(soap(old), {}, 'unsupported_cap_version')).toEqual([{ at: 'line 4', message }]);
});
