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

/** The alert without its XML declaration, for wrappers; its lines follow on theirs. */
export const ALERT = CAP_MESSAGE.slice(CAP_MESSAGE.indexOf('<alert'));

/** The alert in an EDXL Distribution Element 1.0. */
export function edxl(alerts: number, distributionStatus = 'Exercise'): string {
  return `<?xml version="1.0"?>
<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">
<distributionID>1</distributionID>
<distributionStatus>${distributionStatus}</distributionStatus>
<contentObject><xmlContent><embeddedXMLContent>${ALERT.repeat(alerts)}</embeddedXMLContent></xmlContent></contentObject>
</EDXLDistribution>`;
}

/** The same in an EDXL Distribution Element 2.0, where kinds are values of a list. */
export function edxl2(alert = ALERT, status = 'Exercise'): string {
  return `<?xml version="1.0"?>
<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:2.0" xmlns:ct="urn:oasis:names:tc:emergency:edxl:ct:1.0">
<DistributionID>1</DistributionID>
<DistributionStatus>
<StatusKindDefault>
<ct:ValueListURI>urn:oasis:names:tc:emergency:EDXL:DE:2.0:Defaults:StatusKind</ct:ValueListURI>
<ct:Value>${status}</ct:Value>
</StatusKindDefault>
</DistributionStatus>
<Content><ContentObject><ContentXML><EmbeddedXMLContent>${alert}</EmbeddedXMLContent></ContentXML></ContentObject></Content>
</EDXLDistribution>`;
}

/** In a SOAP envelope of a version's namespace. */
export function soap(body = ALERT, namespace = 'http://www.w3.org/2003/05/soap-envelope'): string {
  return `<?xml version="1.0"?>
<s:Envelope xmlns:s="${namespace}">
<s:Header/>
<s:Body><postCAPRequest xmlns="urn:example:cap">${body}</postCAPRequest></s:Body>
</s:Envelope>`;
}

/** In an Atom entry, as its content. */
export function atomEntry(content = `<content type="application/cap+xml">${ALERT}</content>`): string {
  return `<?xml version="1.0"?>
<entry xmlns="http://www.w3.org/2005/Atom">
<id>urn:example:1</id><title>x</title><updated>2021-06-02T17:00:00+02:00</updated>
${content}
</entry>`;
}
