/** Everything that the API reads from files at its start; each refuses what is wrong with its own. */
import { loadRoutesFile } from '../broadcasts/routes-file.ts';
import { loadCapFile } from '../cap/cap-file.ts';
import type { Config } from '../config.ts';
import type { Fault } from '../errors.ts';
import { loadPolicy } from '../notices/policy-file.ts';
import { loadLanguages } from '../templates/languages.ts';
import { Templates } from '../templates/load.ts';

export async function readFiles(config: Config) {
  const warnings: Fault[] = [...config.warnings];
  const warn = (warning: Fault) => warnings.push(warning);
  const [{ routes, order }, templates, languages, policy, cap] = await Promise.all([
    loadRoutesFile(config.routesFile, { passwords: false }),
    Templates.load(config.templatesFolder),
    loadLanguages(config.languagesFile),
    loadPolicy(config.approvals.file, { ...config.approvals, warn }),
    loadCapFile(config.capFile, warn),
  ]);
  return { routes, order, templates, languages, policy, cap, warnings };
}
