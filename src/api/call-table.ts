/** Every call of the API, in the order of the document. */
import type { Call } from './call.ts';
import type { ProgressStreams } from './progress-streams.ts';
import { audienceCalls } from './routes/audiences.ts';
import { auditCalls } from './routes/audit.ts';
import { broadcastCalls } from './routes/broadcasts.ts';
import { directoryCalls } from './routes/directory.ts';
import { haltCalls } from './routes/halt.ts';
import { keyCalls } from './routes/keys.ts';
import { noticeCalls } from './routes/notices.ts';
import { routeCalls } from './routes/routes.ts';
import { templateCalls } from './routes/templates.ts';

export function callTable(streams: ProgressStreams): readonly Call[] {
  return [
    ...noticeCalls,
    ...broadcastCalls(streams),
    ...haltCalls,
    ...directoryCalls,
    ...audienceCalls,
    ...templateCalls,
    ...routeCalls,
    ...keyCalls,
    ...auditCalls,
  ];
}
