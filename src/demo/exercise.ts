/**
 * The exercise itself, step by step, as its people do it: the crisis cell and 101 prefectures, with nothing but the
 * HTTP API. The notice is that of 2 June 2021: 15, 17, 18 and 112 hard to reach in all of France.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../broadcasts/progress.ts';
import { findRegion } from '../directory/regions.ts';
import { ApiClient } from './api-client.ts';
import { writeAudience } from './audience-file.ts';
import type { DemoOptions } from './options.ts';
import { count, type Screen, seconds, wrap } from './screen.ts';
import type { Setting } from './setting.ts';

export const SERVICES = ['15', '17', '18', '112'];
export const EXPIRES_AFTER_MS = 4 * 3_600_000;
/** Prefectures that decide at the same moment. */
const AT_ONCE = 8;
/** Shown to the reader: a metropolitan region, one overseas, in every language they have. */
const SHOWN_REGIONS = ['75', '974'];
const DIRECTORY = fileURLToPath(new URL('../../config/directory.sample.csv', import.meta.url));

interface KeyMade {
  readonly secret: string;
}

export interface PreviewShown {
  readonly renderings: readonly {
    region: string;
    language: string;
    encoding: string;
    segments: number;
    text: string;
  }[];
  readonly regions: readonly { region: string; hash: string; recipients: number }[];
  readonly totals: { readonly recipients: number; readonly segments: number };
  readonly problems: readonly { at: string; message: string }[];
  readonly launchPhrase: string;
  readonly forecast?: { readonly seconds: number };
}

export interface Exercise {
  readonly cell: ApiClient;
  readonly cellSecret: string;
  readonly notice: string;
  readonly broadcast: string;
  readonly preview: PreviewShown;
  /** ms since the epoch: just before the launch was sent. */
  readonly launchSentAt: number;
}

export interface ExerciseSetup {
  readonly setting: Setting;
  readonly options: DemoOptions;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

export const nowMs = (): number => performance.timeOrigin + performance.now();
const regionName = (code: string): string => findRegion(code)?.name ?? code;

export async function prepareAndLaunch(setup: ExerciseSetup): Promise<Exercise> {
  const { options, screen } = setup;
  const { cell, cellSecret, approvers } = await makeKeys(setup);
  await enterDirectory(cell, screen);
  await verifyDirectory(approvers, screen);
  const audience = await importAudience(cell, setup);

  screen.step(
    'The crisis cell writes the notice of 2 June 2021, as an exercise, and submits it: the texts are frozen.',
  );
  const { id: notice } = await cell.post<{ id: string }>('/v1/notices', {
    status: 'Exercise',
    severity: 'Severe',
    template: 'emergency-numbers-hard-to-reach',
    services: SERVICES,
    regions: options.regions.map(({ code }) => code),
    audience,
    expires: new Date(Date.now() + EXPIRES_AFTER_MS).toISOString(),
  });
  await cell.post(`/v1/notices/${notice}/submit`);
  const preview = await cell.get<PreviewShown>(`/v1/notices/${notice}/preview`);
  showPreview(preview, screen);

  const size = options.regions.length;
  screen.step(`${size === 1 ? 'The prefecture approves its' : `${size} prefectures approve their`} text, by its hash.`);
  const startedMs = performance.now();
  await approveAll(approvers, notice, preview);
  screen.say(`   ${size} approvals in ${seconds(performance.now() - startedMs)}`);

  screen.step(`The cell launches, and types what the preview asks for: ${preview.launchPhrase}`);
  const launchSentAt = nowMs();
  const launched = await cell.post<{ id: string }>(`/v1/notices/${notice}/launch`, { phrase: preview.launchPhrase });
  screen.say(`   Broadcast ${launched.id} runs (the call took ${seconds(nowMs() - launchSentAt)})`);
  return { cell, cellSecret, notice, broadcast: launched.id, preview, launchSentAt };
}

export async function makeKeys({ setting, options, screen, signal }: ExerciseSetup) {
  screen.step('The first key is made on the command line, all others by the API: one for the cell, one a prefecture.');
  const args = ['key', 'create', '--name', 'demo', '--person', 'Administrator', '--role', 'admin', '--json'];
  const first = JSON.parse(await setting.programs.run('tocsin', args)) as KeyMade;
  const admin = new ApiClient(setting.api, first.secret, signal);
  const create = (name: string, more: object) => admin.post<KeyMade>('/v1/keys', { name, person: name, ...more });
  const cell = await create('Crisis cell', { role: 'operator' });
  const approvers = new Map<string, ApiClient>();
  await inTurns(options.regions, async ({ code, ofName }) => {
    const key = await create(`Prefecture ${ofName}`, { role: 'approver', regions: [code] });
    approvers.set(code, new ApiClient(setting.api, key.secret, signal));
  });
  screen.say(`   ${approvers.size + 2} keys; nobody approves what they wrote`);
  return { cell: new ApiClient(setting.api, cell.secret, signal), cellSecret: cell.secret, approvers };
}

export async function enterDirectory(cell: ApiClient, screen: Screen): Promise<void> {
  screen.step('The directory of alternative numbers is entered: the only source of numbers in a text.');
  const { accepted } = await cell.upload<{ accepted: number }>('/v1/directory/import', DIRECTORY, 'text/csv');
  screen.say(`   ${count(accepted)} numbers, all from the ranges that ARCEP keeps for fiction`);
}

/** Requirement R2: the cell entered the numbers, so somebody else has to dial each of them. */
export async function verifyDirectory(approvers: ReadonlyMap<string, ApiClient>, screen: Screen): Promise<void> {
  screen.step('Each prefecture makes a test call of its numbers; without one a notice is not even submitted.');
  const startedMs = performance.now();
  await inTurns([...approvers], async ([region, prefecture]) => {
    for (const service of SERVICES) {
      const at = new Date().toISOString();
      await prefecture.postAmongOthers(`/v1/directory/${region}/${service}/verifications`, { at, note: 'exercise' });
    }
  });
  screen.say(
    `   ${count(approvers.size * SERVICES.length)} test calls recorded in ${seconds(performance.now() - startedMs)}`,
  );
}

export async function importAudience(
  cell: ApiClient,
  { setting, options, screen, signal }: ExerciseSetup,
): Promise<string> {
  screen.step(
    `An audience of ${count(options.recipients)} is imported, spread over ${options.regions.length} regions by population.`,
  );
  const file = join(setting.folder, 'audience.csv');
  await writeAudience(file, options, signal);
  const startedMs = performance.now();
  const name = encodeURIComponent(`Demo, seed ${options.seed}`);
  const snapshot = await cell.upload<{
    id: string;
    recipients: number;
    groups: unknown[];
    rejected: number;
    duplicates: number;
  }>(`/v1/audiences?name=${name}`, file, 'text/csv');
  const { recipients, groups, rejected, duplicates } = snapshot;
  screen.say(
    `   ${count(recipients)} recipients in ${groups.length} groups of region and language`,
    `   ${rejected} lines rejected, ${duplicates} duplicates; took ${seconds(performance.now() - startedMs)}`,
    '   No number belongs to anybody: 06 39 98 (fiction) and country code 999',
  );
  return snapshot.id;
}

function showPreview({ renderings, totals, forecast, problems }: PreviewShown, screen: Screen): void {
  const wanted = renderings.filter(({ region }) => SHOWN_REGIONS.includes(region));
  for (const { region, language, encoding, segments, text } of wanted.length > 0 ? wanted : renderings.slice(0, 2)) {
    const size = `${[...text].length} characters, ${encoding}, ${segments} segment${segments === 1 ? '' : 's'}`;
    screen.say(`   ${region} ${regionName(region)}, ${language} (${size}):`, ...wrap(text, '      '));
  }
  screen.say(
    `   ${renderings.length} texts, ${count(totals.recipients)} recipients, ${count(totals.segments)} segments`,
  );
  if (forecast)
    screen.say(`   Forecast: the last message leaves ${seconds(forecast.seconds * 1_000)} after the launch`);
  for (const { at, message } of problems) screen.say(`   Problem: ${at} ${message}`);
}

export async function approveAll(approvers: ReadonlyMap<string, ApiClient>, notice: string, preview: PreviewShown) {
  await inTurns(preview.regions, async ({ region, hash }) => {
    await approvers
      .get(region)
      ?.postAmongOthers(`/v1/notices/${notice}/approvals`, { region, decision: 'approve', hash });
  });
}

/** Follows the broadcast to its end by server-sent events, and comes back when a stream breaks off. */
export async function follow(
  exercise: Pick<Exercise, 'cell' | 'broadcast'>,
  { screen, setting, signal }: ExerciseSetup,
): Promise<Progress> {
  const path = `/v1/broadcasts/${exercise.broadcast}/events`;
  for (;;) {
    let last: Progress | undefined;
    for await (const { event, data } of exercise.cell.events(path)) {
      if (event === 'progress') last = JSON.parse(data) as Progress;
      if (last) screen.progress(last, regionName, event === 'closed');
      if (event === 'closed' && last) return last;
    }
    signal.throwIfAborted();
    const ended = setting.programs.ended();
    if (ended) throw new Error(`The program "${ended}" has ended; see ${setting.folder}/${ended}.log`);
  }
}

export async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
