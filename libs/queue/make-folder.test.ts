import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-make-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('makes a folder, those above it, and none that is there', () => {
  const deep = join(folder, 'a', 'b', 'c');
  makeFolder(deep);
  makeFolder(deep);
  expect(existsSync(deep)).toBe(true);
});

it('says what is in the way', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/can't make the data folder .*file: it is a file: choose one/);
  expect(() => makeFolder(join(file, 'x'))).toThrow(/can't make the data folder .*ENOTDIR/);
});

it('comes back where the file system tells of no folder below one that is there', () => {
  expect(() => makeFolder('/proc/headwater/data')).toThrow(/can't make the data folder/);
});
