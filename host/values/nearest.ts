/** "Did you mean": the candidate a mistyped word is closest to. */

import { compareText } from "./bytes.ts";

/** Longer words are not compared: the work grows with the product of the lengths. */
const WORD_MAX = 96;

/** Shorter words are part of too many others. */
const PART_MIN = 3;

/**
 * The candidate with the smallest edit distance (insert, delete, replace, swap neighbours), if that is at
 * most a third of the word, and at least one; else the shortest that begins or ends with the word. Of equals,
 * the first by code unit. The word itself is never suggested.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_MAX) return undefined;
  const all = [...candidates];
  return closest(word, all) ?? shortestAround(word, all);
}

function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) > bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance > bestDistance) continue;
    if (distance === bestDistance && best !== undefined && compareText(best, candidate) <= 0) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

function shortestAround(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < PART_MIN) return undefined;
  let best: string | undefined;
  for (const candidate of candidates) {
    if (candidate === word || !(candidate.startsWith(word) || candidate.endsWith(word))) continue;
    const worse = best !== undefined && (candidate.length - best.length || compareText(candidate, best)) >= 0;
    if (!worse) best = candidate;
  }
  return best;
}

/** Optimal string alignment over UTF-16 units, three rows at a time. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
