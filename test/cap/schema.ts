import { readFileSync } from 'node:fs';
import { XmlDocument, XmlValidateError, XsdValidator } from 'libxml2-wasm';

/** The schema kept here, and OASIS's own where `TOCSIN_TEST_CAP_XSD` names a copy of it. */
const FILES = [new URL('./cap-1.2.xsd', import.meta.url), process.env.TOCSIN_TEST_CAP_XSD].filter(
  (file) => file !== undefined && file !== '',
);
const validators = FILES.map((file) =>
  XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(file as string | URL))),
);

/** What the schemas of CAP 1.2 find wrong with a document: nothing when it is valid. */
export function schemaFaults(xml: string): string[] {
  const document = XmlDocument.fromString(xml);
  try {
    return validators.flatMap((validator) => {
      try {
        validator.validate(document);
        return [];
      } catch (error) {
        if (error instanceof XmlValidateError)
          return error.details.map(({ line, message }) => `line ${line}: ${message}`);
        throw error;
      }
    });
  } finally {
    document.dispose();
  }
}
