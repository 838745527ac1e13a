/**
 * What Slack takes at most, in characters unless said otherwise. Counted here in UTF-16 units of the escaped text, which is
 * never fewer than Slack counts. Source: docs.slack.dev/reference/block-kit and the method pages; what was learned otherwise
 * says so.
 */
export const LIMITS = {
  /** Blocks in one message. */
  blocks: 50,
  /** All text of all blocks. Undocumented: Slack answers `msg_blocks_too_long` a little above 13,200 (slackapi/bolt-js#2509). */
  message: 13_000,
  /** `text` of chat.update; chat.postMessage takes more, and the same text must serve both. */
  summary: 4_000,
  /** A text object of a section or a context. */
  section: 3_000,
  header: 150,
  contextElements: 10,
  buttons: 25,
  buttonLabel: 75,
  buttonValue: 2_000,
  buttonUrl: 3_000,
  actionId: 255,
  altText: 2_000,
  /** `alt_txt` of files.getUploadURLExternal. */
  uploadAltText: 1_000,
  linkUrl: 3_000,
  tableRows: 100,
  tableColumns: 20,
  /** Text of all cells of a table. */
  tableText: 10_000,
  /** A second table is refused with `only_one_table_allowed`. */
  tables: 1,
  /** Characters of a metadata payload that are ours to use; Slack takes 8,000 for the whole. */
  metadataKey: 1_000,
} as const;
