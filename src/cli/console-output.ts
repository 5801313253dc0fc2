/** How the commands speak: tables and sentences for people, JSON for programs; progress as a bar or as lines. */
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { TocsinError } from '../errors.ts';

/** A terminal's default width; tables are kept within it. */
export const COLUMNS = 80;
/** Piped progress says where it is this often. */
const LINE_EVERY_MS = 2_000;

export interface Output {
  /** One line to standard output. */
  readonly print: (line: string) => void;
  /** One line to standard error: progress, warnings, failures. */
  readonly note: (line: string) => void;
  /** Whether standard error is a terminal: bars there, log lines elsewhere. */
  readonly terminal: boolean;
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) drawn.push(row.map(String));
  return drawn.toString();
}

/** Breaks at spaces, each line indented, within the columns. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line !== indent && line.length + word.length >= COLUMNS) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** The reasons of a failure, line by line. */
export function explain(error: TocsinError): string[] {
  return [error.message, ...error.faults.map(({ at, message }) => `  ${at}: ${message}`)];
}

export interface ProgressMeter {
  update(done: number): void;
  end(): void;
}

/** `total` in the unit's count; 0 when it is not known, then only what is done is told. */
export function progressMeter(output: Output, what: string, unit: string, total: number): ProgressMeter {
  return output.terminal && total > 0 ? bar(what, unit, total) : lines(output, what, unit, total);
}

function bar(what: string, unit: string, total: number): ProgressMeter {
  const format = `${what} {bar} {percentage}% | {value} of {total} ${unit} | {eta_formatted} left`;
  const drawn = new SingleBar({ format, barsize: 20, hideCursor: true });
  drawn.start(total, 0);
  return { update: (done) => drawn.update(Math.min(done, total)), end: () => drawn.stop() };
}

function lines({ note }: Output, what: string, unit: string, total: number): ProgressMeter {
  let lastMs = 0;
  let last = '';
  return {
    update(done) {
      last = `${what}: ${done}${total > 0 ? ` of ${total}` : ''} ${unit}`;
      if (Date.now() - lastMs < LINE_EVERY_MS) return;
      lastMs = Date.now();
      note(last);
      last = '';
    },
    end() {
      if (last !== '') note(last);
    },
  };
}
