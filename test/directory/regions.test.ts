import { AUTHORITIES, authorityOf, findAuthority, MINISTRY, mayDecide } from '../../src/directory/authorities.ts';
import { findRegion, REGIONS, requireRegions } from '../../src/directory/regions.ts';
import { findService, isService, SERVICES } from '../../src/directory/services.ts';

describe('regions', () => {
  test('are the 101 départements, each once, with a zone that exists and a plausible population', () => {
    expect(REGIONS).toHaveLength(101);
    expect(new Set(REGIONS.map(({ code }) => code)).size).toBe(101);
    for (const { code, zone, expectedAudience } of REGIONS) {
      expect(code).toMatch(/^(?:\d\d|2[AB]|97\d)$/);
      expect(() => new Intl.DateTimeFormat('fr', { timeZone: zone })).not.toThrow();
      expect(expectedAudience).toBeGreaterThan(70_000);
    }
    const population = REGIONS.reduce((sum, { expectedAudience }) => sum + expectedAudience, 0);
    expect(population).toBeGreaterThan(67_000_000);
    expect(population).toBeLessThan(69_000_000);
  });

  test.each([
    ['01', 'Ain', "de l'Ain"],
    ['13', 'Bouches-du-Rhône', 'des Bouches-du-Rhône'],
    ['21', "Côte-d'Or", "de la Côte-d'Or"],
    ['2A', 'Corse-du-Sud', 'de la Corse-du-Sud'],
    ['35', 'Ille-et-Vilaine', "d'Ille-et-Vilaine"],
    ['47', 'Lot-et-Garonne', 'de Lot-et-Garonne'],
    ['59', 'Nord', 'du Nord'],
    ['75', 'Paris', 'de Paris'],
    ['974', 'La Réunion', 'de La Réunion'],
  ])('%s is %s, with its article %s', (code, name, ofName) => {
    expect(findRegion(code)).toMatchObject({ name, ofName });
  });

  test.each([
    ['35', 'Europe/Paris'],
    ['971', 'America/Guadeloupe'],
    ['972', 'America/Martinique'],
    ['973', 'America/Cayenne'],
    ['974', 'Indian/Reunion'],
    ['976', 'Indian/Mayotte'],
  ])('%s tells the time of %s', (code, zone) => {
    expect(findRegion(code)?.zone).toBe(zone);
  });

  test('are required by code; unknown ones are all named by place', () => {
    expect(requireRegions(['974', '01'], '/regions').map(({ code }) => code)).toEqual(['974', '01']);
    const requiring = () => requireRegions(['35', '1', '20', '975'], '/regions');
    expect(requiring).toThrow(
      expect.objectContaining({
        code: 'unknown_region',
        faults: ['/regions/1', '/regions/2', '/regions/3'].map((at) => expect.objectContaining({ at })),
      }),
    );
  });
});

describe('authorities', () => {
  test('are a prefecture for each region, and the ministry for all', () => {
    expect(AUTHORITIES).toHaveLength(102);
    expect(authorityOf({ code: '35' })).toEqual({
      id: 'prefecture-35',
      name: "Préfecture d'Ille-et-Vilaine",
      regions: ['35'],
    });
    expect(findAuthority('ministry')).toBe(MINISTRY);
    expect(findAuthority('prefecture-20')).toBeUndefined();
  });

  test('decide for their own regions only', () => {
    for (const { code } of REGIONS) {
      expect(mayDecide(authorityOf({ code }), code)).toBe(true);
      expect(mayDecide(authorityOf({ code: '35' }), code)).toBe(code === '35');
      expect(mayDecide(MINISTRY, code)).toBe(true);
    }
    expect([mayDecide('*', '35'), mayDecide(['22', '35'], '35'), mayDecide(['3'], '35'), mayDecide([], '35')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('services', () => {
  test('are the twelve short numbers, named in French and English', () => {
    expect(SERVICES.map(({ number }) => number).join(' ')).toBe('15 17 18 112 114 115 116000 116117 119 191 196 197');
    for (const { name } of SERVICES) expect(Object.values(name).every((text) => text.length > 3)).toBe(true);
    expect([isService('15'), isService('911'), findService('114')?.number]).toEqual([true, false, '114']);
  });
});
