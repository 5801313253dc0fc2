/** Whether a notification still has something to say when it leaves: an SMS that was late must call nobody in vain. */
import type { Notice } from '../notices/notice.ts';
import type { Notification } from '../queue/notifications.ts';
import type { Records } from '../store/records.ts';
import { waitingRegions } from './calls.ts';

export function stillWanted(notices: Records<Notice>): (notification: Notification) => Promise<boolean> {
  return async ({ notice, submittedAt, regions }) => {
    const current = await notices.find(notice);
    if (!current || current.value.submitted?.at !== submittedAt) return false;
    const waiting = waitingRegions(current.value);
    return regions.some((region) => waiting.includes(region));
  };
}
