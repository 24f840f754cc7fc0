import { expect, it } from 'vitest';
import { inOnePiece } from './one-piece.ts';

it.each(['', 'a', 'ab', '\ud83d\ude00', '\ud83d\ude00x', 'é\u0000ß', 'x'.repeat(70_000)])(
  'changes nothing of %j',
  (text) => {
    expect(inOnePiece(`${text}`)).toBe(text);
    expect(inOnePiece(`<${text}>`.slice(1, -1))).toBe(text);
  },
);
