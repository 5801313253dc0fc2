/** The texts that are sent: of the length that the wordings have, without extension characters. */

/** 123 septets: one segment. */
export const ONE_SEGMENT =
  'EXERCICE Prefet: le 15 est injoignable. Composez le 0199000000. Prefecture 35. Message 1/1 n appelez que si urgence vitale';

/** Above 160 septets: two segments. */
export const TWO_SEGMENTS = `${ONE_SEGMENT}. Sourds et malentendants: 114 par SMS ou application. Restez a l ecoute de France Bleu pour la suite des consignes.`;

/** One segment, another for each region and language, so that the SMSC's record tells them apart. */
export const textOfGroup = ({ region, language }: { region: string; language: string }): string =>
  `EXERCICE ${region} ${language}: le 15 est injoignable. Composez le 0199000000. Restez a l ecoute de la radio locale.`;
