/**
 * The API is killed while a launch, a cancel or an import is under way, and started again; the client repeats its call.
 * Afterwards there is exactly one broadcast, everybody has the text once, and nothing half done is left.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../../bench/waiting.ts';
import { createKey } from '../../src/api/keys.ts';
import type { AudienceSnapshot } from '../../src/audience/snapshot.ts';
import { broadcastRecords } from '../../src/broadcasts/broadcast.ts';
import { ApiCaller, json } from './api-caller.ts';
import { between, momentsOf } from './moments.ts';
import { judge, type Outcome, parkedReceipts } from './outcome.ts';
import type { Stage } from './stage.ts';
import { type RunPlan, untilClosed } from './struck-broadcast.ts';
import { Watch } from './watch.ts';

const DIRECTORY = fileURLToPath(new URL('../../config/directory.sample.csv', import.meta.url));
const REGIONS = ['22', '29', '35', '56'];
const SERVICES = ['15', '17', '18', '112'];
const FIRST_NUMBER = 999_600_000_000;
const NUMBERS_EACH = 10_000_000;
const EXPIRES_IN_MS = 40 * 60_000;
/** A launch and a cancel take some milliseconds: killed at once, in the middle, or just after. */
const CALL_MS = 40;
const UPLOAD_CHUNKS = 50;
const CHUNK_PAUSE_MS = 4;
/** What a dead import left is swept when its lease has run out. */
const SWEPT_WITHIN_MS = 90_000;

interface People {
  readonly cell: ApiCaller;
  readonly approver: ApiCaller;
}

export interface ApiFault {
  readonly name: string;
  readonly says: string;
  readonly run: (stage: Stage, plan: RunPlan) => Promise<Outcome>;
}

export const API_FAULTS: readonly ApiFault[] = [
  { name: 'api-killed-in-launch', says: 'the API gets SIGKILL during a launch, 5 times', run: killedInLaunch },
  { name: 'api-killed-in-cancel', says: 'the API gets SIGKILL during a cancel', run: killedInCancel },
  { name: 'api-killed-in-import', says: 'the API gets SIGKILL during an import, 3 times', run: killedInImport },
];

async function killedInLaunch(stage: Stage, plan: RunPlan): Promise<Outcome> {
  const people = await prepare(stage);
  const rounds = plan.short ? 1 : 5;
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await stage.smsc.reset();
    const parkedBefore = await parkedReceipts(stage);
    const recipients = Math.floor(plan.recipients / rounds);
    const audience = await importAudience(stage, people, recipients);
    const { notice, phrase } = await approvedNotice(people, audience);
    const kill = killAfter(stage, between(plan.random, 0, CALL_MS));
    const answer = await people.cell.post(`/v1/notices/${notice}/launch`, json({ phrase }));
    const killed = await kill;
    const answered = Date.now();
    const { id, wrong } = await theOneBroadcast(stage, people, notice);
    if (answer.status >= 400 && answer.body.code !== 'wrong_state') wrong.push(`the launch got ${answer.status}`);
    const progress = await untilClosed(stage, id, `${plan.title}, ${round + 1} of ${rounds}`);
    const judged = await judge({ stage, broadcast: id, progress, parkedBefore, program: !plan.short });
    const secondsToRecover = Math.max(0, answered - killed) / 1_000;
    outcomes.push({ ...judged, secondsToRecover, wrong: [...wrong, ...judged.wrong] });
  }
  return together(outcomes);
}

/** So many that some are left when an API that was killed is back, on a busy machine too. */
const LEAST_TO_CANCEL = 40_000;

async function killedInCancel(stage: Stage, plan: RunPlan): Promise<Outcome> {
  const people = await prepare(stage);
  await stage.smsc.reset();
  const parkedBefore = await parkedReceipts(stage);
  const audience = await importAudience(stage, people, Math.max(plan.recipients, LEAST_TO_CANCEL));
  const { notice, phrase } = await approvedNotice(people, audience);
  const { id } = await people.cell.mustPost(`/v1/notices/${notice}/launch`, { phrase });
  const broadcast = String(id);
  const watch = new Watch(stage);
  watch.start();
  await watch.reach(momentsOf(plan.random, 1, plan.recipients)[0]!);
  const kill = killAfter(stage, between(plan.random, 0, CALL_MS));
  const answer = await people.cell.post(`/v1/broadcasts/${broadcast}/cancel`);
  const killed = await kill;
  const answered = Date.now();
  const progress = await untilClosed(stage, broadcast, plan.title);
  await watch.stop();
  const judged = await judge({ stage, broadcast, progress, parkedBefore, program: !plan.short });
  const wrong = [...judged.wrong];
  if (answer.status >= 400 && answer.body.code !== 'wrong_state') wrong.push(`the cancel got ${answer.status}`);
  const { value } = await broadcastRecords(stage.store).get(broadcast);
  if (value.cancelledAt === undefined) wrong.push('the broadcast was not cancelled');
  if (progress.counts.cancelled === 0) wrong.push('nobody was spared by the cancel');
  return { ...judged, wrong, secondsToRecover: Math.max(0, answered - killed) / 1_000 };
}

async function killedInImport(stage: Stage, plan: RunPlan): Promise<Outcome> {
  const people = await prepare(stage);
  await stage.smsc.reset();
  const parkedBefore = await parkedReceipts(stage);
  const rows = rowsOf(stage.nextBroadcast(), plan.recipients);
  const kills = plan.short ? 1 : 3;
  // Chunks of the upload after which the API is killed: one a try.
  const moments = Array.from({ length: kills }, () => between(plan.random, 1, UPLOAD_CHUNKS));
  let killed = Date.now();
  let tries = 0;
  const body = () => {
    const last = moments[tries];
    tries += 1;
    return uploadOf(rows, async (chunk) => {
      if (chunk !== last) return;
      await stage.killApi();
      killed = Date.now();
    });
  };
  const answer = await people.cell.post('/v1/audiences?name=chaos', { type: 'text/csv', body });
  const answered = Date.now();
  const wrong: string[] = [];
  if (answer.status !== 201) wrong.push(`the import got ${answer.status}`);
  if (tries < kills + 1) wrong.push(`only ${tries - 1} tries were killed`);
  const snapshot = answer.body as unknown as AudienceSnapshot & { id: string };
  if (snapshot.recipients !== plan.recipients) wrong.push(`the audience has ${snapshot.recipients} recipients`);
  const { notice, phrase } = await approvedNotice(people, snapshot.id);
  const { id } = await people.cell.mustPost(`/v1/notices/${notice}/launch`, { phrase });
  const progress = await untilClosed(stage, String(id), plan.title);
  const judged = await judge({ stage, broadcast: String(id), progress, parkedBefore, program: !plan.short });
  wrong.push(...judged.wrong, ...(await orphans(stage, plan.short)));
  return { ...judged, wrong, secondsToRecover: Math.max(0, answered - killed) / 1_000 };
}

/** Kills the API in so many ms; resolves with when that was. */
async function killAfter(stage: Stage, ms: number): Promise<number> {
  await pause(ms);
  await stage.killApi();
  return Date.now();
}

/** The API, a directory of numbers, and two people: one launches, the other approves. */
async function prepare(stage: Stage): Promise<People> {
  await stage.untilWhole();
  await stage.behave();
  const base = () => stage.api();
  const caller = async (name: string, more: { role: 'operator' | 'approver'; regions?: string[] }) => {
    const { secret } = await createKey(stage.store, { name, person: name, ...more }, 'cli:chaos');
    return new ApiCaller(base, secret);
  };
  const cell = await caller('cell', { role: 'operator' });
  const approver = await caller('prefecture', { role: 'approver', regions: REGIONS });
  const csv = readFileSync(DIRECTORY, 'utf8');
  await cell.post('/v1/directory/import', { type: 'text/csv', body: () => csv });
  for (const region of REGIONS)
    for (const service of SERVICES)
      await approver.mustPost(`/v1/directory/${region}/${service}/verifications`, { at: new Date().toISOString() });
  return { cell, approver };
}

/** Rows of an audience, a region after the other in turn. */
function rowsOf(no: number, recipients: number): string[] {
  const first = FIRST_NUMBER + no * NUMBERS_EACH;
  return Array.from({ length: recipients }, (_, i) => `+${first + i},${REGIONS[i % REGIONS.length]},fr\n`);
}

/** A CSV file that comes in chunks, and not all at once. */
function uploadOf(rows: readonly string[], onChunk: (chunk: number) => Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const size = Math.ceil(rows.length / UPLOAD_CHUNKS);
  let chunk = 0;
  return new ReadableStream({
    async pull(controller) {
      const from = chunk * size;
      controller.enqueue(
        encoder.encode(`${chunk === 0 ? 'msisdn,region,language\n' : ''}${rows.slice(from, from + size).join('')}`),
      );
      chunk += 1;
      await onChunk(chunk);
      if (chunk === UPLOAD_CHUNKS) controller.close();
      else await pause(CHUNK_PAUSE_MS);
    },
  });
}

async function importAudience(stage: Stage, { cell }: People, recipients: number): Promise<string> {
  const rows = rowsOf(stage.nextBroadcast(), recipients);
  const csv = `msisdn,region,language\n${rows.join('')}`;
  const { status, body } = await cell.post('/v1/audiences?name=chaos', { type: 'text/csv', body: () => csv });
  if (status !== 201) throw new Error(`the import got ${status} ${JSON.stringify(body)}`);
  return String(body.id);
}

async function approvedNotice({ cell, approver }: People, audience: string) {
  const { id } = await cell.mustPost('/v1/notices', {
    status: 'Exercise',
    severity: 'Severe',
    template: 'emergency-numbers-hard-to-reach',
    services: SERVICES,
    regions: REGIONS,
    audience,
    expires: new Date(Date.now() + EXPIRES_IN_MS).toISOString(),
  });
  const notice = String(id);
  await cell.mustPost(`/v1/notices/${notice}/submit`);
  const { body } = await cell.get(`/v1/notices/${notice}/preview`);
  for (const { region, hash } of body.regions as { region: string; hash: string }[]) {
    await approver.mustPost(`/v1/notices/${notice}/approvals`, { region, decision: 'approve', hash });
  }
  return { notice, phrase: String(body.launchPhrase) };
}

/** What the notice names, and whether that is all there is. */
async function theOneBroadcast(stage: Stage, { cell }: People, notice: string) {
  const { body } = await cell.get(`/v1/notices/${notice}`);
  const all = await broadcastRecords(stage.store).list({ limit: 1_000 });
  const own = all.filter(({ value }) => value.notice === notice).map(({ id }) => id);
  const wrong = own.length === 1 && own[0] === body.broadcast ? [] : [`the notice has ${own.length} broadcasts`];
  return { id: String(body.broadcast), wrong };
}

/** Blocks and journals of imports that never came to an audience. */
async function orphans(stage: Stage, short: boolean): Promise<string[]> {
  const { redis, prefix } = stage.store;
  if (short) {
    // As if the dead import's lease had run out: the next start of the API removes what it left.
    for (const id of await redis.hkeys(`${prefix}{aud}:imports`)) await redis.del(`${prefix}{aud}:lease:${id}`);
    await stage.killApi();
    await stage.api();
  }
  const patience = {
    what: 'nothing half done is left',
    deadlineMs: SWEPT_WITHIN_MS,
    pollMs: 250,
    signal: stage.signal,
  };
  const left = async () => {
    const audiences = new Set(await redis.zrange(`${prefix}{rec}:audience`, 0, '-1'));
    const keys = await redis.keys(`${prefix}{aud*}:block:*`);
    return keys.filter((key) => !audiences.has(key.split(':block:')[1]?.split(':')[0] ?? '')).length;
  };
  try {
    await until(patience, async () => ((await left()) === 0 ? true : undefined));
    return [];
  } catch {
    return [`${await left()} blocks of a dead import are left`];
  }
}

function together(outcomes: readonly Outcome[]): Outcome {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    recipients: sum(({ recipients }) => recipients),
    lost: sum(({ lost }) => lost),
    twice: sum(({ twice }) => twice),
    inDoubt: sum(({ inDoubt }) => inDoubt),
    secondsToRecover: Math.max(...outcomes.map(({ secondsToRecover }) => secondsToRecover)),
    wrong: outcomes.flatMap(({ wrong }) => wrong),
  };
}
