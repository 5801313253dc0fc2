/** Every call of the API, in the order of the document. */
import type { Call } from './call.ts';
import type { ProgressStreams } from './progress-streams.ts';
import { approvalCalls } from './routes/approvals.ts';
import { audienceCalls } from './routes/audiences.ts';
import { auditCalls } from './routes/audit.ts';
import { broadcastCalls } from './routes/broadcasts.ts';
import { contactCalls } from './routes/contacts.ts';
import { directoryCalls } from './routes/directory.ts';
import { followUpCalls } from './routes/follow-ups.ts';
import { gapCalls } from './routes/gaps.ts';
import { haltCalls } from './routes/halt.ts';
import { keyCalls } from './routes/keys.ts';
import { noticeCalls } from './routes/notices.ts';
import { routeCalls } from './routes/routes.ts';
import { standingApprovalCalls } from './routes/standing-approvals.ts';
import { templateCalls } from './routes/templates.ts';

export function callTable(streams: ProgressStreams): readonly Call[] {
  return [
    ...noticeCalls,
    ...approvalCalls,
    ...followUpCalls,
    ...standingApprovalCalls,
    ...broadcastCalls(streams),
    ...haltCalls,
    ...gapCalls,
    ...directoryCalls,
    ...contactCalls,
    ...audienceCalls,
    ...templateCalls,
    ...routeCalls,
    ...keyCalls,
    ...auditCalls,
  ];
}
