import type { z } from 'zod';
import { type Block, blocksSchema, pressable } from './blocks.ts';

/** What the whole message may hold over all blocks; measured by others, not documented (slackapi/bolt-js issue 2509). */
const MESSAGE_CHARACTERS = 13_200;

export type BlockVerdict =
  | { readonly blocks: Block[] }
  | {
      readonly error: 'invalid_blocks_format' | 'invalid_blocks' | 'msg_blocks_too_long';
      readonly messages: readonly string[];
    };

/** Whether a file may stand in an image block: it is there, an image, and processed. */
export type FileLookup = (file: { readonly id?: string; readonly url?: string }) => boolean;

/**
 * Reads the `blocks` argument as Slack does: JSON in a form field or plain JSON, then shape and limits, then what only the
 * workspace knows. Complaints have Slack's wording and its JSON pointers, as `[ERROR] … [json-pointer:/blocks/0/text]`.
 */
export function checkBlocks(argument: unknown, isUsableFile: FileLookup): BlockVerdict {
  const raw = typeof argument === 'string' ? parseJson(argument) : argument;
  if (!Array.isArray(raw)) return { error: 'invalid_blocks_format', messages: [] };
  const parsed = blocksSchema.safeParse(raw);
  if (!parsed.success) return { error: 'invalid_blocks', messages: parsed.error.issues.map((one) => say(one, raw)) };
  const complaints = [...strayFiles(parsed.data, isUsableFile), ...clashes(parsed.data)];
  if (complaints.length > 0) return { error: 'invalid_blocks', messages: complaints };
  if (characters(parsed.data) > MESSAGE_CHARACTERS) return { error: 'msg_blocks_too_long', messages: [] };
  return { blocks: withNames(parsed.data) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Issue = z.core.$ZodIssue;

function say(issue: Issue, raw: unknown): string {
  const missing = issue.code === 'invalid_type' && valueAt(raw, issue.path) === undefined;
  const path = missing ? issue.path.slice(0, -1) : issue.path;
  return complaint(missing ? `missing required field: ${String(issue.path.at(-1))}` : reason(issue, raw), path);
}

const complaint = (what: string, path: readonly PropertyKey[]): string =>
  `[ERROR] ${what} [json-pointer:/${['blocks', ...path].map(String).join('/')}]`;

function reason(issue: Issue, raw: unknown): string {
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string'
        ? `must be less than ${Number(issue.maximum) + 1} characters`
        : `no more than ${issue.maximum} items allowed`;
    case 'too_small':
      return issue.origin === 'string'
        ? `must be more than ${Number(issue.minimum) - 1} characters`
        : `no fewer than ${issue.minimum} items allowed`;
    case 'unrecognized_keys':
      return `invalid additional property: ${issue.keys.join(', ')}`;
    case 'invalid_union': {
      const found = valueAt(raw, issue.path);
      return `unsupported type: ${typeof found === 'object' ? JSON.stringify(found)?.slice(0, 80) : String(found)}`;
    }
    case 'invalid_type':
      return `must provide a ${issue.expected}`;
    default:
      return issue.message;
  }
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function* strayFiles(blocks: readonly Block[], isUsableFile: FileLookup): Generator<string> {
  for (const [at, block] of blocks.entries()) {
    if (block.type === 'image' && block.slack_file !== undefined && !isUsableFile(block.slack_file)) {
      yield complaint('invalid slack file', [at, 'slack_file']);
    }
    if (block.type === 'section' && block.accessory?.type === 'image' && block.accessory.slack_file !== undefined) {
      if (!isUsableFile(block.accessory.slack_file)) {
        yield complaint('invalid slack file', [at, 'accessory', 'slack_file']);
      }
    }
  }
}

function* clashes(blocks: readonly Block[]): Generator<string> {
  const blockIds = new Set<string>();
  const actionIds = new Map<Block, Set<string>>();
  let tables = 0;
  for (const [at, block] of blocks.entries()) {
    if (block.block_id !== undefined) {
      if (blockIds.has(block.block_id)) {
        yield complaint(`block_id already exists: ${block.block_id}`, [at, 'block_id']);
      }
      blockIds.add(block.block_id);
    }
    if (block.type === 'table') {
      tables += 1;
      if (tables > 1) yield complaint('only_one_table_allowed', [at]);
      const width = block.rows.map((row) => row.length);
      if (new Set(width).size > 1) yield complaint('all rows must have the same number of cells', [at, 'rows']);
    }
  }
  for (const { block, element } of pressable(blocks)) {
    if (element.action_id === undefined) continue;
    const seen = actionIds.get(block) ?? new Set();
    if (seen.has(element.action_id)) {
      yield complaint(`action_id already exists: ${element.action_id}`, [blocks.indexOf(block), 'elements']);
    }
    actionIds.set(block, seen.add(element.action_id));
  }
}

/** All text of the message, whatever block it stands in. */
function characters(blocks: readonly Block[]): number {
  let sum = 0;
  const waiting: unknown[] = [...blocks];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, value] of Object.entries(next)) {
      if (name === 'text' && typeof value === 'string') sum += value.length;
      else if (typeof value === 'object') waiting.push(value);
    }
  }
  return sum;
}

/** Slack names every block and every element that came without a name, so that a click can say what was pressed. */
function withNames(blocks: readonly Block[]): Block[] {
  const taken = new Set(blocks.map((block) => block.block_id));
  for (const { element } of pressable(blocks)) taken.add(element.action_id);
  const fresh = (name: string): string => {
    while (taken.has(name)) name += 'x';
    taken.add(name);
    return name;
  };
  return blocks.map((block, at) => {
    const named = { ...block, block_id: block.block_id ?? fresh(`blk${at}`) };
    if (named.type === 'actions') {
      const elements = named.elements.map((one, index) => ({
        ...one,
        action_id: one.action_id ?? fresh(`act${at}${index}`),
      }));
      return { ...named, elements };
    }
    if (named.type !== 'section' || named.accessory === undefined || named.accessory.type === 'image') return named;
    return { ...named, accessory: { ...named.accessory, action_id: named.accessory.action_id ?? fresh(`act${at}`) } };
  });
}
