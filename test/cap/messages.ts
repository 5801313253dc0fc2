/** A CAP 1.2 message as another system would send it; each line break is a line of the faults. */
export const CAP_MESSAGE = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>COGIC-2021-0602-1</identifier>
<sender>cogic@example.org</sender>
<sent>2021-06-02T17:00:00+02:00</sent>
<status>Exercise</status>
<msgType>Update</msgType>
<scope>Public</scope>
<references>cogic@example.org,COGIC-2021-0602-0,2021-06-02T16:30:00+02:00
 cogic@example.org,COGIC-2021-0601-9,2021-06-01T16:30:00+02:00</references>
<info>
<language>en-GB</language>
<category>Infra</category>
<event>Emergency numbers hard to reach</event>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<eventCode><valueName>OET:v1.2</valueName><value>OET-074</value></eventCode>
<expires>2021-06-02T23:00:00+02:00</expires>
<headline>Emergency numbers</headline>
<area><areaDesc>Brittany</areaDesc><geocode><valueName>INSEE:DEP</valueName><value>35</value></geocode><geocode><valueName>INSEE:DEP</valueName><value>2A</value></geocode></area>
</info>
<info>
<language>fr-FR</language>
<category>Infra</category>
<event>Numéros d'urgence difficiles à joindre</event>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<eventCode><valueName>OET:v1.2</valueName><value>OET-074</value></eventCode>
<expires>2021-06-02T23:00:00+02:00</expires>
<headline>Numéros d'urgence &amp; secours</headline>
<description>Panne nationale.</description>
<parameter><valueName>tocsin:service</valueName><value>15</value></parameter>
<parameter><valueName>tocsin:service</valueName><value>112</value></parameter>
<parameter><valueName>tocsin:template</valueName><value>emergency-numbers-hard-to-reach</value></parameter>
<parameter><valueName>tocsin:parameter:advice</valueName><value>Restez calmes.</value></parameter>
<parameter><valueName>tocsin:audience</valueName><value>a1</value></parameter>
<parameter><valueName>tocsin:route</valueName><value>exercise</value></parameter>
<parameter><valueName>tocsin:inDoubt</valueName><value>hold</value></parameter>
<parameter><valueName>tocsin:alternativeNumber</valueName><value>35 15 +33199001234</value></parameter>
<parameter><valueName>other:colour</valueName><value>red</value></parameter>
<area><areaDesc>Ille-et-Vilaine</areaDesc><geocode><valueName>INSEE:DEP</valueName><value>35</value></geocode></area>
<area><areaDesc>Corse-du-Sud</areaDesc><geocode><valueName>INSEE:DEP</valueName><value>2A</value></geocode></area>
</info>
</alert>
`;

const ALERT = CAP_MESSAGE.slice(CAP_MESSAGE.indexOf('<alert'));

export function edxl(alerts: number, distributionStatus = 'Exercise'): string {
  return `<?xml version="1.0"?>
<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">
<distributionID>1</distributionID>
<distributionStatus>${distributionStatus}</distributionStatus>
<contentObject><xmlContent><embeddedXMLContent>${ALERT.repeat(alerts)}</embeddedXMLContent></xmlContent></contentObject>
</EDXLDistribution>`;
}
