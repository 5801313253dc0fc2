/**
 * Which languages each region is told in, as its authority decided (R4: the first national alert of 2019 in the
 * Netherlands was in Dutch only). Read from config/languages.yaml; refuses regions that there are not.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { findRegion } from '../directory/regions.ts';
import { type Fault, refuseFaults, TocsinError } from '../errors.ts';
import { readYaml } from './front-matter.ts';
import { FALLBACK_LANGUAGE, type Language } from './template.ts';

export interface MandatoryLanguages {
  /** Those that a region must be told in, the default first. */
  readonly of: (region: string) => readonly Language[];
  /** Those put behind the text of everybody who gets the default language. */
  readonly appendedIn: (region: string) => readonly Language[];
}

const EVERYWHERE = 'everywhere';

const tags = z.array(z.string().regex(/^[a-z]{2,3}$/, 'must be a language, such as br')).max(12);

const FileFields = z.strictObject({
  mandatory: z.record(z.string(), tags).default({}),
  appended: z.record(z.string(), tags).default({}),
});

/** French everywhere, and nothing else. */
export const FRENCH_EVERYWHERE: MandatoryLanguages = languagesOf({ mandatory: {}, appended: {} });

/** Throws `invalid` / `bad_languages` with every fault, each with its line. */
export async function loadLanguages(file: string): Promise<MandatoryLanguages> {
  const fail = (faults: readonly Fault[]) =>
    refuseFaults('bad_languages', 'The file of mandatory languages is not usable', faults);
  const content = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new TocsinError('invalid', 'bad_languages', `The file ${file} cannot be read`, {
      faults: [{ at: file, message: cause.message }],
    });
  });
  const { value, faults } = readYaml(FileFields, content, basename(file));
  fail(faults);
  const fields = value ?? { mandatory: {}, appended: {} };
  const read = languagesOf(fields);
  fail([...regionFaults(fields.mandatory, 'mandatory'), ...regionFaults(fields.appended, 'appended')]);
  fail(appendedFaults(fields.appended, read));
  return read;
}

function languagesOf({ mandatory, appended }: z.output<typeof FileFields>): MandatoryLanguages {
  const own = (record: Readonly<Record<string, readonly Language[]>>, region: string) => [
    ...(record[EVERYWHERE] ?? []),
    ...(Object.hasOwn(record, region) ? (record[region] ?? []) : []),
  ];
  return {
    // Public information is in French by law (Constitution, article 2; law 94-665, article 3): nobody can leave it out.
    of: (region) => [...new Set([FALLBACK_LANGUAGE, ...own(mandatory, region)])],
    appendedIn: (region) => [...new Set(own(appended, region))],
  };
}

function regionFaults(record: Readonly<Record<string, unknown>>, field: string): Fault[] {
  return Object.keys(record)
    .filter((code) => code !== EVERYWHERE && !findRegion(code))
    .map((code) => ({
      at: `${field}/${code}`,
      message: `there is no region "${code}": write its INSEE code in quotes, as '01', or ${EVERYWHERE}`,
    }));
}

/** What is appended is never left out in silence when it has no wording: so it has to be mandatory. */
function appendedFaults(record: Readonly<Record<string, readonly Language[]>>, read: MandatoryLanguages): Fault[] {
  return Object.entries(record).flatMap(([code, languages]) => {
    const mandatory = read.of(code);
    return languages
      .filter((language) => language === FALLBACK_LANGUAGE || !mandatory.includes(language))
      .map((language) => ({
        at: `appended/${code}`,
        message:
          language === FALLBACK_LANGUAGE
            ? `${language} is what others are appended to`
            : `${language} is not mandatory there, so it cannot be appended`,
      }));
  });
}
