/** What the demo shows, within 80 columns: steps in plain words, the progress, the table at the end. Draws, never asks. */
import Table from 'cli-table3';
import type { Progress } from '../broadcasts/progress.ts';

const WIDTH = 78;
const BAR = 24;
/** The largest regions get a line each; the rest share one. */
const REGION_LINES = 8;
const LOCALE = 'en-GB';

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
const clock = (time: string): string => new Date(time).toLocaleTimeString(LOCALE);

export function bar(done: number, total: number, width = BAR): string {
  const filled = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Breaks at spaces. */
export function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length + 1 > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}

/** Receipts so far: every state that somebody is in. */
export function states(counts: Readonly<Record<string, number>>): string {
  const waiting = ['pending', 'sending'];
  const told = Object.entries(counts).filter(([name, value]) => value > 0 && !waiting.includes(name));
  return told.map(([name, value]) => `${name} ${count(value)}`).join(', ') || 'none yet';
}

/** One line, for logs and pipes. */
export function progressLine(progress: Progress): string {
  const { submitted, recipients, final, messagesPerSecond, finishAt } = progress;
  const finish = finishAt === undefined ? '' : `, done by ${clock(finishAt)}`;
  return `  ${count(submitted)}/${count(recipients)} submitted, ${count(final)} final, ${count(messagesPerSecond)}/s${finish}`;
}

/** The block that is drawn again and again on a terminal; `nameOf` gives a region's name. */
export function progressBlock(progress: Progress, nameOf: (region: string) => string): string[] {
  const { recipients, submitted, final, messagesPerSecond, segmentsPerSecond, finishAt, counts } = progress;
  const sorted = [...progress.regions].sort((a, b) => b.recipients - a.recipients);
  const shown = sorted.length <= REGION_LINES + 1 ? sorted : sorted.slice(0, REGION_LINES);
  const rest = sorted.slice(shown.length);
  const lines = shown.map(({ region, ...each }) => regionLine(`${region} ${nameOf(region)}`, each));
  if (rest.length > 0) {
    const sum = (of: 'recipients' | 'submitted' | 'final') => rest.reduce((all, each) => all + each[of], 0);
    const each = { recipients: sum('recipients'), submitted: sum('submitted'), final: sum('final') };
    lines.push(regionLine(`${rest.length} other regions`, each));
  }
  return [
    `  submitted ${bar(submitted, recipients)} ${count(submitted)} of ${count(recipients)}`,
    `  final     ${bar(final, recipients)} ${count(final)}`,
    `  rate      ${count(messagesPerSecond)} messages/s (${count(segmentsPerSecond)} segments/s)` +
      `${finishAt === undefined ? '' : `, done about ${clock(finishAt)}`}`,
    ...wrap(`recipients by state: ${states(counts)}`, '  '),
    `  ${'region'.padEnd(26)} ${'submitted'.padEnd(BAR)} ${'recipients'.padStart(10)} ${'final'.padStart(10)}`,
    ...lines,
  ];
}

function regionLine(name: string, each: { recipients: number; submitted: number; final: number }): string {
  const shown = name.length > 26 ? `${name.slice(0, 25)}…` : name.padEnd(26);
  const numbers = `${count(each.recipients).padStart(10)} ${count(each.final).padStart(10)}`;
  return `  ${shown} ${bar(each.submitted, each.recipients)} ${numbers}`;
}

export function factTable(rows: readonly (readonly [string, string])[]): string[] {
  const drawn = new Table({ style: { head: [], border: [], compact: true }, colWidths: [32, 45], wordWrap: true });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString().split('\n');
}

export interface Terminal {
  readonly write: (text: string) => void;
  /** Whether what was written can be drawn over. */
  readonly redraws: boolean;
}

const LINE_EVERY_MS = 1_000;

export class Screen {
  readonly #terminal: Terminal;
  #steps = 0;
  #drawn = 0;
  #lineAtMs = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  step(text: string): void {
    this.#steps += 1;
    this.say('', ...wrap(`${this.#steps}. ${text}`, '').map((line, i) => (i === 0 ? line : `   ${line}`)));
  }

  say(...lines: readonly string[]): void {
    this.#drawn = 0;
    this.#terminal.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Draws over the last progress on a terminal; elsewhere one line a second, and always the `last`. */
  progress(progress: Progress, nameOf: (region: string) => string, last: boolean): void {
    if (!this.#terminal.redraws) {
      if (!last && Date.now() - this.#lineAtMs < LINE_EVERY_MS) return;
      this.#lineAtMs = Date.now();
      this.say(progressLine(progress));
      return;
    }
    const lines = progressBlock(progress, nameOf);
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    this.#terminal.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join('')}\x1b[J`);
    this.#drawn = lines.length;
  }
}
