/** Files that hold secrets: who else on the machine may read them. */
import { statSync } from 'node:fs';

export const OPEN_TO_OTHERS = 'everybody on this machine may read this file: chmod o-rwx';
const OTHERS = 0o007;
/** Where container engines mount secrets: with rights of their own, and nobody else inside to read them. */
const MOUNTED = /^\/run\/secrets\//;

/** Whether others than the owner and the group may read or change the file. A file that is not there is not. */
export function isOpenToOthers(file: string): boolean {
  const mode = MOUNTED.test(file) ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  return (mode & OTHERS) !== 0;
}
