/** Whether a notification still has something to say when it leaves: an SMS that was late must call nobody in vain. */
import type { Notice } from '../notices/notice.ts';
import type { Notification, Wanted } from '../queue/notifications.ts';
import type { Records } from '../store/records.ts';
import { waitingRegions } from './calls.ts';

export function stillWanted(notices: Records<Notice>): (notification: Notification) => Promise<Wanted> {
  return async ({ notice, submittedAt, regions }) => {
    const current = await notices.find(notice);
    if (!current || current.value.submitted?.at !== submittedAt) return 'never';
    // One region's return may be taken back, and the others wait again, without another call.
    if (current.value.state === 'returned') return 'later';
    const waiting = waitingRegions(current.value);
    return regions.some((region) => waiting.includes(region)) ? 'now' : 'never';
  };
}
