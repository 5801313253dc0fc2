/** What every command is given: where to speak, how to reach the store, who acts. Made by the program, or by a test. */

import type { Retention } from '../archive/retention.ts';
import type { DirectorySettings } from '../directory/directory.ts';
import type { Store } from '../store/connection.ts';
import type { Output } from './console-output.ts';

export interface Cli extends Output {
  /** Connects on first use; the caller closes it. Throws `unavailable`. */
  readonly openStore: () => Promise<Store>;
  /** Who acts, for the audit log: `cli:<user>`. */
  readonly actor: string;
  readonly routesFile: string;
  /** Absent where API keys are the only way in. */
  readonly identityFile?: string;
  readonly templatesFolder: string;
  readonly languagesFile: string;
  readonly directory: DirectorySettings;
  readonly approvalsFile: string;
  readonly dataFolder: string;
  readonly archiveFolder: string;
  readonly retention: Retention;
  readonly version: string;
  /** Says that something was found wrong: the status becomes 1, the output stays as it is. */
  readonly foundWrong: () => void;
}
