/** What changed between two texts, word by word: for somebody who has to see at a glance what another would say instead. */

export interface WordChange {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** In the order of reading, removals before additions; joined, `same` and `added` give the later text. */
export function wordDiff(from: string, to: string): WordChange[] {
  const [a, b] = [words(from), words(to)];
  const width = b.length + 1;
  // Lengths of the longest common subsequences of what is left of both.
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let k = b.length - 1; k >= 0; k -= 1) {
      common[i * width + k] =
        a[i] === b[k]
          ? common[(i + 1) * width + k + 1]! + 1
          : Math.max(common[(i + 1) * width + k]!, common[i * width + k + 1]!);
    }
  }
  const changes: WordChange[] = [];
  let [i, k] = [0, 0];
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) {
      push(changes, 'same', a[i]!);
      i += 1;
      k += 1;
    } else if (i < a.length && (k === b.length || common[(i + 1) * width + k]! >= common[i * width + k + 1]!)) {
      push(changes, 'removed', a[i]!);
      i += 1;
    } else {
      push(changes, 'added', b[k]!);
      k += 1;
    }
  }
  return changes;
}

/** Words with the space behind them, so that joining them gives the text again. */
const words = (text: string): string[] => text.match(/\s*\S+\s*/g) ?? (text === '' ? [] : [text]);

function push(changes: WordChange[], kind: WordChange['kind'], text: string): void {
  const last = changes.at(-1);
  if (last?.kind === kind) changes[changes.length - 1] = { kind, text: last.text + text };
  else changes.push({ kind, text });
}
