import { faultsOf } from './faults.ts';
import { CAP_MESSAGE } from './messages.ts';

describe('is refused with the line of the fault', () => {
  const change = (from: string | RegExp, to: string) => CAP_MESSAGE.replace(from, to);
  /** In the French info, which is the last. */
  const inLast = (from: string, to: string) => {
    const at = CAP_MESSAGE.lastIndexOf(from);
    return CAP_MESSAGE.slice(0, at) + to + CAP_MESSAGE.slice(at + from.length);
  };

  test.each<[string, string, string, RegExp]>([
    ['another namespace', change('cap:1.2', 'cap:1.3'), 'line 2', /cap:1\.2/],
    ['no namespace', change(/ xmlns="[^"]*"/, ''), 'line 2', /namespace/],
    ['another root', '<a xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', 'line 1', /must be alert/],
    ['no sender', change('<sender>cogic@example.org</sender>\n', ''), 'line 2', /must have sender/],
    ['two senders', change('<status>', '<sender>x</sender><status>'), 'line 6', /before/],
    ['an element CAP does not have', change('<scope>', '<colour>red</colour><scope>'), 'line 8', /colour/],
    ['an element of another namespace', change('<scope>', '<x xmlns="urn:y"/><scope>'), 'line 8', /no child/],
    [
      'children in another order',
      inLast(
        '<urgency>Immediate</urgency>\n<severity>Severe</severity>',
        '<severity>Severe</severity>\n<urgency>Immediate</urgency>',
      ),
      'line 28',
      /urgency must come before severity/,
    ],
    ['an info without certainty', inLast('<certainty>Observed</certainty>', ''), 'line 23', /must have certainty/],
    ['an area without areaDesc', inLast('<areaDesc>Corse-du-Sud</areaDesc>', ''), 'line 44', /must have areaDesc/],
    ['a geocode without a value', inLast('<value>2A</value>', ''), 'line 44', /must have value/],
    ['no info', CAP_MESSAGE.replace(/<info>[\s\S]*<\/info>\n/, ''), 'line 2', /info/],
    ['a time in Z', change('2021-06-02T17:00:00+02:00</sent>', '2021-06-02T15:00:00Z</sent>'), 'line 5', /never Z/],
    ['a time with parts of a second', change('17:00:00+02:00</sent>', '17:00:00.5+02:00</sent>'), 'line 5', /sent/],
    ['an expiry that is no time', inLast('2021-06-02T23:00:00+02:00', 'tonight'), 'line 31', /expires/],
    [
      'no expiry',
      CAP_MESSAGE.replaceAll('<expires>2021-06-02T23:00:00+02:00</expires>', ''),
      'line 23',
      /^expires: is missing$/,
    ],
    ['a private scope', change('Public', 'Private'), 'line 8', /^scope Private is only for its addresses/],
    ['a restricted scope', change('Public', 'Restricted'), 'line 8', /^scope Restricted is only for those whom its/],
    ['no scope that CAP has', change('Public', 'Everyone'), 'line 8', /^scope must be Public/],
    ['a status of systems', change('Exercise', 'System'), 'line 6', /^status System is for functions of warning/],
    ['a draft of others', change('Exercise', 'Draft'), 'line 6', /^status Draft is a template or draft/],
    ['a status that CAP does not have', change('Exercise', 'Real'), 'line 6', /^status: Invalid option/],
    ['an acknowledgement', change('Update', 'Ack'), 'line 7', /^msgType Ack acknowledges a message/],
    ['a rejection', change('Update', 'Error'), 'line 7', /^msgType Error rejects a message/],
    ['a severity nobody knows', inLast('Severe', 'Awful'), 'line 28', /severity/],
    ['references that are none', change(/<references>[^<]*/, '<references>x'), 'line 9', /references/],
    ['another category', CAP_MESSAGE.replaceAll('>Infra<', '>Met<'), 'line 13', /must be Infra, is Met/],
    [
      'categories that differ',
      inLast('<category>Infra</category>', '<category>Infra</category><category>Safety</category>'),
      'line 25',
      /category differs/,
    ],
    ['event codes that differ', inLast('OET-074', 'OET-045'), 'line 30', /eventCode differs/],
    ['expiries that differ', inLast('23:00:00', '22:00:00'), 'line 31', /expires differs/],
    ['severities that differ', inLast('<severity>Severe', '<severity>Minor'), 'line 28', /severity differs/],
    ['urgencies that differ', inLast('Immediate', 'Expected'), 'line 27', /urgency differs/],
    ['certainties that differ', inLast('Observed', 'Likely'), 'line 29', /certainty differs/],
    ['another event', CAP_MESSAGE.replaceAll('OET-074', 'OET-110'), 'line 30', /OET-110: Tocsin tells of OET-074/],
    [
      'a headline that a later info of the same language overrides',
      change('fr-FR', 'EN-gb'),
      'line 32',
      /^headline is another than on line 20, in the same language/,
    ],
    [
      'a parameter of ours that says two things',
      change(/<\/area>\n/, '</area>\n').replace(
        '<area><areaDesc>Brittany',
        '<parameter><valueName>tocsin:audience</valueName><value>a2</value></parameter><area><areaDesc>Brittany',
      ),
      'line 38',
      /tocsin:audience differs from that on line 21/,
    ],
    [
      'services that differ',
      change(
        '<area><areaDesc>Brittany',
        '<parameter><valueName>tocsin:service</valueName><value>17</value></parameter><area><areaDesc>Brittany',
      ),
      'line 23',
      /tocsin:service differ/,
    ],
    ['R8: an area without a département', CAP_MESSAGE.replaceAll('INSEE:DEP', 'ISO'), 'line 43', /INSEE:DEP/],
    [
      'R8: an area of a language whose regions nobody can tell',
      change('INSEE:DEP', 'x').replace('INSEE:DEP', 'x'),
      'line 21',
      /INSEE:DEP/,
    ],
    ['a région in the place of a département', CAP_MESSAGE.replaceAll('>35<', '>Bretagne<'), 'line 43', /INSEE/],
    [
      'no service',
      CAP_MESSAGE.replace(/<parameter><valueName>tocsin:service.*\n/g, ''),
      'line 23',
      /^services: is missing: give parameters tocsin:service/,
    ],
    [
      'no template',
      change(/<parameter><valueName>tocsin:template.*\n/, ''),
      'line 23',
      /^template: is missing: give parameter tocsin:template, or an eventCode/,
    ],
    [
      'no audience',
      change(/<parameter><valueName>tocsin:audience.*\n/, ''),
      'line 23',
      /^audience: is missing: give parameter tocsin:audience/,
    ],
    ['a parameter of ours that does not exist', change('tocsin:inDoubt', 'tocsin:doubt'), 'line 40', /tocsin:doubt/],
    ['a parameter of ours twice', change('tocsin:route', 'tocsin:audience'), 'line 39', /once/],
    ['a doubt policy nobody knows', change('>hold<', '>guess<'), 'line 40', /inDoubt/],
    ['XML that is cut', CAP_MESSAGE.slice(0, 400), 'line 10', /./],
    ['no XML', '{"status": "Actual"}', 'line 1', /./],
    ['nothing', '', 'line 1', /./],
  ])('%s', async (_, xml, at, message) => {
    expect(await faultsOf(xml)).toContainEqual({ at, message: expect.stringMatching(message) });
  });

  test('all faults at once', async () => {
    const xml = change('Public', 'Private').replace('Exercise', 'System').replace('>hold<', '>guess<');
    expect((await faultsOf(xml)).map(({ at }) => at).sort()).toEqual(['line 40', 'line 6', 'line 8']);
  });
});
