import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { fiction, HEADER, importFixture, line } from './importing.ts';

describe('audiences', () => {
  const { here, importing, snapshotOf, rejectedOf, numbersOf } = importFixture();

  test('makes a snapshot with groups in order of region and language, and blocks in order of number', async () => {
    const lines = [
      line(fiction(9)),
      line(fiction(3)),
      line(fiction(5), '2A', 'en'),
      line(fiction(1), '2A'),
      line(fiction(7), '01'),
    ];
    const { snapshot, rejectedFile } = await importing(HEADER + lines.join(''));
    expect(rejectedFile).toBeUndefined();
    expect(snapshot.version).toBe(1);
    expect(snapshot.value).toMatchObject({
      name: 'test',
      createdBy: 'key:test',
      recipients: 5,
      lines: 5,
      duplicates: 0,
      rejected: 0,
      rejectedByReason: {},
      fictional: 5,
      unassigned: 0,
      groups: [
        { region: '01', language: 'fr', recipients: 1, blocks: 1 },
        { region: '2A', language: 'en', recipients: 1, blocks: 1 },
        { region: '2A', language: 'fr', recipients: 1, blocks: 1 },
        { region: '35', language: 'fr', recipients: 2, blocks: 1 },
      ],
    });
    expect((await numbersOf(snapshot.id))['35:fr']).toEqual([[fiction(3), fiction(9)]]);
    expect(await here.audiences.get(snapshot.id)).toEqual(snapshot);
    expect((await here.audiences.list()).map(({ id }) => id)).toEqual([snapshot.id]);
  });

  test('fills blocks to 1,000 and carries the rest into the next', async () => {
    const shuffled = Array.from({ length: 2_500 }, (_, i) => fiction((i * 1_237) % 2_500));
    const { snapshot } = await importing(HEADER + shuffled.map((number) => line(number)).join(''));
    const { '35:fr': blocks = [] } = await numbersOf(snapshot.id);
    expect(blocks.map((block) => block.length)).toEqual([1_000, 1_000, 500]);
    expect(blocks.flat()).toEqual(Array.from({ length: 2_500 }, (_, i) => fiction(i)));
  });

  test('reads gzip, told by its first bytes, into the same digest', async () => {
    const file = HEADER + line(fiction(1)) + line(fiction(2), '974');
    expect((await snapshotOf(gzipSync(file))).digest).toBe((await snapshotOf(file)).digest);
  });

  test('reads gzip that comes byte by byte', async () => {
    const bytes = [...gzipSync(HEADER + line(fiction(1)))].map((byte) => Buffer.from([byte]));
    const { snapshot } = await here.audiences.import(Readable.from(bytes), { name: 'drip' }, 'key:test');
    expect(snapshot.value.recipients).toBe(1);
  });

  test.each([
    ['the order of lines', line(fiction(2)) + line(fiction(1)), true],
    ['how a number is written', `02 61 91 00 01,35,fr\n+33 (0)2.61.91.00.02,35,fr\n`, true],
    ['a duplicate', line(fiction(1)) + line(fiction(2)) + line(fiction(1)), true],
    ['another number', line(fiction(1)) + line(fiction(3)), false],
    ['another region', line(fiction(1)) + line(fiction(2), '22'), false],
    ['another language', line(fiction(1)) + line(fiction(2), '35', 'en'), false],
  ])('has a digest that tells people apart, whatever the file: %s', async (_what, body, same) => {
    const { digest } = await snapshotOf(HEADER + line(fiction(1)) + line(fiction(2)));
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await snapshotOf(HEADER + body)).digest === digest).toBe(same);
  });

  test('R3: keeps the first line of a number that comes twice, in whatever group, and lists the others', async () => {
    const file =
      HEADER + line(fiction(1), '35') + line(fiction(1), '22') + line('0261910001', '35', 'en') + line(fiction(2));
    const { snapshot } = await importing(file);
    expect(snapshot.value).toMatchObject({ recipients: 2, lines: 4, duplicates: 2, rejected: 0 });
    expect(await numbersOf(snapshot.id)).toEqual({ '35:fr': [[fiction(1), fiction(2)]] });
    expect(await rejectedOf(file)).toEqual(['3,duplicate', '4,duplicate']);
  });

  test('lists every rejected line by its true number with the reason, and never the number itself', async () => {
    const file = [
      'msisdn,region,language',
      '0261910001,35,fr',
      '',
      '0261910002,96,fr',
      '0261910003,35,xx',
      '0261910004,35',
      '0261910005,35,fr,more',
      'none,35,fr',
      '"02619',
      '10006",35,fr',
      '12345,35,fr',
      '+1234567890123456,35,fr',
      '061234567,35,fr',
      '0261910007,,fr',
      '0261910008,35,',
      '"0261910009","35","fr"',
      '"0261910010,35,fr',
      ',,',
    ].join('\n');
    const { snapshot, rejectedFile } = await importing(file);
    const rejected = await readFile(rejectedFile ?? '', 'utf8');
    expect(rejected.trimEnd().split('\n')).toEqual([
      'line,reason',
      '4,unknown_region',
      '5,unknown_language',
      '6,wrong_number_of_columns',
      '7,wrong_number_of_columns',
      '8,not_a_number',
      '9,wrong_number_of_columns',
      '10,too_short',
      '11,too_short',
      '12,too_long',
      '13,no_such_french_number',
      '14,unknown_region',
      '15,unknown_language',
      '18,not_a_number',
    ]);
    expect(snapshot.value).toMatchObject({ recipients: 3, lines: 16, rejected: 13, duplicates: 0 });
    const { rejectedByReason, rejected: total } = snapshot.value;
    expect(Object.values(rejectedByReason).reduce((a, b) => a + b)).toBe(total);
    expect(rejected).not.toMatch(/\d{5}/);
  });

  test.each([
    ['a byte order mark and CRLF', '\ufeffmsisdn,region,language\r\n0261910001,35,fr\r\n0261910002,35,fr\r\n'],
    ['semicolons', 'msisdn;region;language\n0261910001;35;fr\n0261910002;35;fr\n'],
    ['tabs', 'msisdn\tregion\tlanguage\n0261910001\t35\tfr\n0261910002\t35\tfr\n'],
    ['another order of columns', 'Language,MSISDN,Region\nfr,0261910001,35\nfr,0261910002,35\n'],
    ['quotes and spaces', '"msisdn", "region", "language"\n"02 61 91 00 01", "35", "FR"\n 0261910002 , 35 , fr-FR \n'],
    ['no line break at the end', 'msisdn,region,language\n0261910001,35,fr\n0261910002,35,fr'],
    ['no-break spaces', 'msisdn,region,language\n02\u00a061\u202f91 00 01,35,fr\n0261910002,35,fr\n'],
  ])('reads %s as what is meant', async (_what, file) => {
    const plain = await snapshotOf(HEADER + line(fiction(1)) + line(fiction(2)));
    expect(await snapshotOf(file)).toMatchObject({ digest: plain.digest, rejected: 0, recipients: 2 });
  });

  test('reads Latin-1, in which a no-break space is no UTF-8', async () => {
    expect(await snapshotOf(Buffer.from(`${HEADER}02\u00a061910001,35,fr\n`, 'latin1'))).toMatchObject({
      recipients: 1,
    });
  });

  test('gives back the zero that a spreadsheet took from a region', async () => {
    expect((await snapshotOf(`${HEADER}0261910001,1,fr\n0261910002,2a,fr\n`)).groups).toMatchObject([
      { region: '01' },
      { region: '2A' },
    ]);
  });

  test('counts overseas, fictional and unassigned numbers', async () => {
    const file = `${HEADER}0639980001,976,fr\n+999123456789,35,fr\n0690001234,971,fr\n`;
    const { snapshot } = await importing(file);
    expect(snapshot.value).toMatchObject({ recipients: 3, fictional: 1, unassigned: 1 });
    expect(await numbersOf(snapshot.id)).toMatchObject({ '971:fr': [[590690001234]], '976:fr': [[33639980001]] });
  });

  test('locates every number, and none that is not there', async () => {
    const regions = ['01', '35', '974'];
    const languages = ['fr', 'en'];
    const lines = Array.from({ length: 4_000 }, (_, i) => line(fiction(2 * i), regions[i % 3], languages[i % 2]));
    const { snapshot } = await importing(HEADER + lines.join(''));
    const all = await numbersOf(snapshot.id);
    for (let i = -1; i < 8_001; i += 37) {
      const place = await here.audiences.locate(snapshot.id, fiction(i));
      const there = i % 2 === 0 && i >= 0 && i < 8_000;
      expect(place !== undefined).toBe(there);
      if (place) expect(all[`${place.region}:${place.language}`]?.[place.block]?.[place.slot]).toBe(fiction(i));
      if (place) expect(place.region).toBe(regions[(i / 2) % 3]);
    }
  });

  test('an unknown audience or block is refused by name', async () => {
    await expect(here.audiences.get('none')).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(here.audiences.rejectedLines('../../x')).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(here.audiences.locate('none', fiction(1))).rejects.toMatchObject({ code: 'unknown_audience' });
    await expect(here.audiences.block('none', '35', 'fr', 0)).rejects.toMatchObject({ code: 'unknown_block' });
  });
});
