// docs/video-chat.d.ts says what docs/asyncapi.yaml says (which the end-to-end tests hold to the server), and the code of
// docs/frontend.md compiles against it and against socket.io-client.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { typeOf } from './schema.mjs';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const DOCS = path.join(HERE, '../../../../docs');
const OPTIONS = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2023,dom,dom.iterable', '--jsx', 'react-jsx'];
const document = parse(readFileSync(path.join(DOCS, 'asyncapi.yaml'), 'utf8'));

let folder;
beforeEach(() => {
  // Below this folder, so that the compiler finds the packages installed here.
  folder = mkdtempSync(path.join(HERE, 'check-'));
  copyFileSync(path.join(DOCS, 'video-chat.d.ts'), path.join(folder, 'video-chat.d.ts'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the compiler says of these files; nothing when all is well. */
function compile(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const names = Object.keys(files).map((name) => path.join(folder, name));
  const { status, stdout, stderr } = spawnSync(path.join(HERE, 'node_modules/.bin/tsc'), [...OPTIONS, ...names], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

const names = (operation) => document.operations[operation].messages.map(({ $ref }) => $ref.split('/').at(-1));
const payload = (name) => typeOf(document.components.messages[name].payload, document);

/** A file that compiles only when the declared types are those of the document. */
function comparison(change = (type) => type) {
  const lines = [
    'import type { Acknowledge, ClientToServerEvents, ServerToClientEvents } from "./video-chat";',
    'type Flat<T> = T extends readonly (infer Item)[] ? Flat<Item>[] : T extends object ? { [Key in keyof T]: Flat<T[Key]> } : T;',
    'type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : false;',
    'type Heard = ServerToClientEvents<unknown, unknown>;',
    'type Emitted = ClientToServerEvents<unknown, unknown>;',
    `export const heardNames: Same<keyof Heard, ${names('toClients').map((name) => `"${name}"`).join(' | ')}> = true;`,
    `export const emittedNames: Same<keyof Emitted, ${names('fromClients').map((name) => `"${name}"`).join(' | ')}> = true;`,
    `export const ack: Same<Parameters<Acknowledge>[0], ${payload('ack')}> = true;`,
  ];
  for (const name of names('toClients')) {
    lines.push(`export const heard_${name.replaceAll('-', '_')}: Same<Parameters<Heard["${name}"]>[0], ${change(payload(name))}> = true;`);
  }
  for (const name of names('fromClients')) {
    const optional = ['join-queue', 'leave-queue'].includes(name) ? ' | undefined' : '';
    lines.push(`export const emitted_${name.replaceAll('-', '_')}: Same<Parameters<Emitted["${name}"]>[0], ${change(payload(name))}${optional}> = true;`);
  }
  return lines.join('\n');
}

test('the types are those of the document, event by event and field by field', () => {
  assert.equal(compile({ 'compare.ts': comparison() }), '');
});

test('the comparison would notice a field too many, one that became optional and another type', () => {
  for (const change of [
    (type) => type.replace('sessionId: string', 'sessionId: string; extra: number'),
    (type) => type.replace('from: string', 'from?: string'),
    (type) => type.replace('graceMs: number', 'graceMs: string'),
  ]) {
    assert.match(compile({ 'compare.ts': comparison(change) }), /error TS2322/);
  }
});

test('the code in docs/frontend.md compiles', () => {
  const text = readFileSync(path.join(DOCS, 'frontend.md'), 'utf8');
  const blocks = [...text.matchAll(/```(tsx?)\n([\s\S]*?)```/g)];
  assert.ok(blocks.length >= 8, `${blocks.length} pieces of code`);
  const files = {};
  for (const [i, [, kind, code]] of blocks.entries()) {
    // What the React example imports is what the pieces before it export.
    const name = /export function connect\(/.test(code) ? 'connect' : /export function startCall\(/.test(code) ? 'call' : `piece-${i}`;
    files[`${name}.${kind}`] = `${code}\nexport {};\n`;
  }
  assert.equal(compile(files), '');
});
