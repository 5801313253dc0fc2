/** The emergency services by short number, as named to the public. */

export interface EmergencyService {
  readonly number: string;
  readonly name: { readonly fr: string; readonly en: string };
}

/** France's free emergency and social-value numbers (ARCEP decision 2018-0881; 114 and 116xxx included). */
export const SERVICES: readonly EmergencyService[] = [
  { number: '15', name: { fr: 'Samu', en: 'Medical emergencies' } },
  { number: '17', name: { fr: 'Police secours', en: 'Police' } },
  { number: '18', name: { fr: 'Sapeurs-pompiers', en: 'Fire and rescue' } },
  { number: '112', name: { fr: "Numéro d'urgence européen", en: 'European emergency number' } },
  {
    number: '114',
    name: { fr: 'Urgence sourds et malentendants', en: 'Emergencies for deaf and hard of hearing people' },
  },
  { number: '115', name: { fr: 'Samu social', en: 'Homeless people in distress' } },
  { number: '116000', name: { fr: 'Enfants disparus', en: 'Missing children' } },
  { number: '116117', name: { fr: 'Médecin de garde', en: 'Doctor on call' } },
  { number: '119', name: { fr: 'Enfance en danger', en: 'Children in danger' } },
  { number: '191', name: { fr: 'Urgence aéronautique', en: 'Aircraft in distress' } },
  { number: '196', name: { fr: 'Urgence en mer', en: 'Emergencies at sea' } },
  { number: '197', name: { fr: 'Alerte attentat et enlèvement', en: 'Terrorism and abduction hotline' } },
];

/** Those of the notice that this is all for. */
export const USUAL_SERVICES: readonly string[] = ['15', '17', '18', '112'];

const byNumber = new Map(SERVICES.map((service) => [service.number, service]));

export function findService(number: string): EmergencyService | undefined {
  return byNumber.get(number);
}

export function isService(number: string): boolean {
  return byNumber.has(number);
}
