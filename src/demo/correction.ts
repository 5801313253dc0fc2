/**
 * The story of a correction: a notice goes out with a number that no longer leads anywhere, the cell finds out while it is
 * still on its way, and corrects it under standing approvals; in the end the all-clear, which was approved with the notice.
 * Everything by the HTTP API; every time is taken by what the SMSC saw.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Progress } from '../broadcasts/progress.ts';
import type { ApiClient } from './api-client.ts';
import {
  type CorrectionFigures,
  correctionFaults,
  correctionTable,
  FOLLOW_UP_TARGET_MS,
} from './correction-figures.ts';
import {
  approveAll,
  EXPIRES_AFTER_MS,
  type ExerciseSetup,
  enterDirectory,
  follow,
  importAudience,
  inTurns,
  makeKeys,
  nowMs,
  type PreviewShown,
  SERVICES,
  verifyDirectory,
} from './exercise.ts';
import { count, seconds, wrap } from './screen.ts';
import { SmscTexts } from './smsc-texts.ts';

/** The wrong number is found when so many have the text. */
const FOUND_AT_SHARE = 0.3;
const WRONG_SERVICE = '15';
const POLL_MS = 20;
const STANDING_DAYS = 90;
const DAY_MS = 86_400_000;

interface Ordered {
  readonly id: string;
  readonly decisions: readonly { readonly basis?: { readonly kind: string } }[];
  readonly order: {
    readonly ready: readonly string[];
    readonly broadcast?: string;
    readonly refused?: { readonly code: string; readonly detail: string };
  };
}

interface Stage extends ExerciseSetup {
  readonly cell: ApiClient;
  readonly approvers: ReadonlyMap<string, ApiClient>;
  readonly smsc: SmscTexts;
}

/** A message on its way. */
interface Message {
  readonly notice: string;
  readonly broadcast: string;
  readonly texts: readonly string[];
  /** ms since the epoch: its first submission, as the SMSC saw it. */
  readonly firstAt: number;
}

/** Plays the story to its end. */
export async function playCorrection(setup: ExerciseSetup): Promise<{ figures: CorrectionFigures; faults: string[] }> {
  const { setting, options, screen } = setup;
  const { cell, approvers } = await makeKeys(setup);
  await enterDirectory(cell, screen);
  await verifyDirectory(approvers, screen);
  const stage: Stage = { ...setup, cell, approvers, smsc: new SmscTexts(setting.simulator) };
  await giveStandingApprovals(stage);
  const audience = await importAudience(cell, setup);

  const detectedAt = nowMs();
  const first = await sendNotice(stage, audience, detectedAt);
  await untilSent(stage, first.broadcast, FOUND_AT_SHARE);
  const foundAt = nowMs();
  await correctNumbers(stage);

  const correction = await orderFollowUp(stage, first.notice, 'correction');
  const allClear = await orderFollowUp(stage, first.notice, 'all-clear');

  const reached = async ({ texts }: Message) => (await stage.smsc.seen(texts)).recipients;
  const record = await stage.smsc.record();
  const figures: CorrectionFigures = {
    recipients: options.recipients,
    told: {
      notice: await reached(first),
      correction: await reached(correction),
      allClear: await reached(allClear),
    },
    detectedToFirstSubmitMs: Math.round(first.firstAt - detectedAt),
    foundToFirstCorrectedMs: Math.round(correction.firstAt - foundAt),
    correctionMs: correction.tookMs,
    allClearMs: allClear.tookMs,
    targetMs: FOLLOW_UP_TARGET_MS,
    duplicates: record.duplicates,
  };
  const faults = correctionFaults(figures, record);
  screen.say('', ...correctionTable(figures));
  return { figures, faults };
}

/** Long before anything happens. */
async function giveStandingApprovals({ cell, approvers, screen }: Stage): Promise<void> {
  screen.step(
    'Each prefecture gives a standing approval: corrections for its region may go out at once, within bounds and for a time.',
  );
  const { wordings } = await cell.get<{ wordings: Record<string, unknown> }>('/v1/templates/correction');
  const languages = Object.keys(wordings);
  const validUntil = new Date(Date.now() + STANDING_DAYS * DAY_MS).toISOString();
  await inTurns([...approvers], async ([region, prefecture]) => {
    await prefecture.post('/v1/standing-approvals', {
      ...{ regions: [region], template: 'correction', statuses: ['Exercise'], severities: ['Severe', 'Extreme'] },
      ...{ services: SERVICES, languages, numbersVerifiedWithinDays: 7, validUntil },
    });
  });
  screen.say(
    `   For ${STANDING_DAYS} days, four services, ${languages.length} languages, numbers dialled in the last week`,
  );
}

async function sendNotice(stage: Stage, audience: string, detectedAt: number): Promise<Message> {
  const { cell, screen, options, approvers } = stage;
  screen.step('The breakdown is detected: the clock runs. The notice is written, submitted, approved and launched.');
  const { id: notice } = await cell.post<{ id: string }>('/v1/notices', {
    ...{ status: 'Exercise', severity: 'Severe', template: 'emergency-numbers-hard-to-reach', services: SERVICES },
    ...{ audience, regions: options.regions.map(({ code }) => code), detectedAt: new Date(detectedAt).toISOString() },
    expires: new Date(Date.now() + EXPIRES_AFTER_MS).toISOString(),
  });
  await cell.post(`/v1/notices/${notice}/submit`);
  const preview = await cell.get<PreviewShown>(`/v1/notices/${notice}/preview`);
  await approveAll(approvers, notice, preview);
  const launch = { phrase: preview.launchPhrase };
  const { id: broadcast } = await cell.post<{ id: string }>(`/v1/notices/${notice}/launch`, launch);
  const message = await firstSeen(stage, notice, broadcast);
  screen.say(
    ...wrap(message.texts[0] ?? '', '   '),
    `   First SMS ${seconds(message.firstAt - detectedAt)} after detection; 30 minutes are allowed`,
    '   The prefectures have approved correction, restored and all-clear with it',
  );
  return message;
}

/** The number was right when it was verified. Now another is, and somebody else dials it. */
async function correctNumbers({ cell, approvers, screen }: Stage): Promise<void> {
  screen.step(`The number for ${WRONG_SERVICE} leads nowhere! The cell enters the right one, the prefectures dial it.`);
  const startedMs = nowMs();
  await inTurns(
    [...approvers.entries()].map((entry, i) => ({ entry, i })),
    async ({ entry: [region, prefecture], i }) => {
      const path = `/v1/directory/${region}/${WRONG_SERVICE}`;
      const number = `03 53 01 99 ${String(i % 100).padStart(2, '0')}`;
      await cell.put(path, { number, owner: `SAMU ${region}` });
      await prefecture.postAmongOthers(`${path}/verifications`, { at: new Date().toISOString(), note: 'exercise' });
    },
  );
  screen.say(`   ${count(approvers.size)} numbers corrected and verified in ${seconds(nowMs() - startedMs)}`);
}

/** One call: ordered, approved beforehand, launched. Followed to its end. */
async function orderFollowUp(
  stage: Stage,
  notice: string,
  kind: 'correction' | 'all-clear',
): Promise<Message & { readonly tookMs: number }> {
  const { cell, screen } = stage;
  const { regions, totals } = await cell.get<PreviewShown>(`/v1/notices/${notice}/preview`);
  const plural = (amount: number, what: string) => `${amount} ${what}${amount === 1 ? '' : 'S'}`;
  const size = `${plural(regions.length, 'REGION')} ${plural(totals.recipients, 'RECIPIENT')}`;
  const phrase = `EXERCISE ${kind.toUpperCase()} ${size}`;
  screen.step(`The cell orders the ${kind}, in one call, and types: ${phrase}`);
  const orderedAt = nowMs();
  const { id, order, decisions } = await cell.post<Ordered>(`/v1/notices/${notice}/${kind}`, {
    upTo: 'launched',
    phrase,
  });
  if (order.broadcast === undefined) throw new Error(`The ${kind} was not launched: ${order.refused?.detail}`);
  const message = await firstSeen(stage, id, order.broadcast);
  const tookMs = Math.round(message.firstAt - orderedAt);
  const bases = [...new Set(decisions.map(({ basis }) => basis?.kind))].join(' and ');
  screen.say(
    ...wrap(message.texts[0] ?? '', '   '),
    `   ${order.ready.length} of ${regions.length} regions approved beforehand (${bases})`,
    `   From the order to the first SMS: ${seconds(tookMs)}; two minutes are allowed`,
  );
  await follow({ cell, broadcast: order.broadcast }, stage);
  return { ...message, tookMs };
}

async function firstSeen(stage: Stage, notice: string, broadcast: string): Promise<Message> {
  const { renderings } = await stage.cell.get<PreviewShown>(`/v1/notices/${notice}/preview`);
  const texts = renderings.map(({ text }) => text);
  let firstAt: number | undefined;
  await until(stage, async () => {
    ({ firstAt } = await stage.smsc.seen(texts));
    return firstAt !== undefined;
  });
  return { notice, broadcast, texts, firstAt: firstAt ?? 0 };
}

async function untilSent(stage: Stage, broadcast: string, share: number): Promise<void> {
  await until(stage, async () => {
    const { progress } = await stage.cell.get<{ progress: Progress }>(`/v1/broadcasts/${broadcast}`);
    return progress.submitted >= progress.recipients * share;
  });
}

async function until({ setting, signal }: Stage, reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) {
    const ended = setting.programs.ended();
    if (ended) throw new Error(`The program "${ended}" has ended; see ${setting.folder}/${ended}.log`);
    await pause(POLL_MS, undefined, { signal });
  }
}
