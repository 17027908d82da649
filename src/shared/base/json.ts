/** JSON for other programs: an integer past 2^53 is a decimal string, what is unknown is null, columns are arrays. */
export function toJson(document: unknown, space = 2): string {
  return JSON.stringify(document, exactly, space);
}

function exactly(_key: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return BigInt(value).toString();
  return value instanceof Float64Array ? [...value] : value;
}

/** A list that is written as it is gone through; it never stands in memory as a whole. */
export class JsonRows {
  constructor(readonly rows: Iterable<unknown>) {}
}

/** Characters of a piece, about. */
const PIECE = 65_536;

/** The text that `toJson` makes, piece by piece, so that it never stands in memory as a whole; lists within objects may be `JsonRows`. */
export function* jsonPieces(document: unknown): Iterable<string> {
  let waiting = '';
  for (const part of writeValue(document, '\n')) {
    waiting += part;
    if (waiting.length < PIECE) continue;
    yield waiting;
    waiting = '';
  }
  if (waiting !== '') yield waiting;
}

/** `line` is the line break with the indentation of the value. */
function* writeValue(value: unknown, line: string): Iterable<string> {
  if (value instanceof JsonRows) {
    yield* writeItems(value.rows, line);
  } else if (Array.isArray(value)) {
    yield* writeItems(value, line);
  } else if (isPlainObject(value)) {
    let separator = '{';
    for (const [key, field] of Object.entries(value)) {
      yield `${separator}${line}  ${JSON.stringify(key)}: `;
      yield* writeValue(field, `${line}  `);
      separator = ',';
    }
    yield separator === '{' ? '{}' : `${line}}`;
  } else {
    yield toJson(value).replaceAll('\n', line);
  }
}

function* writeItems(rows: Iterable<unknown>, line: string): Iterable<string> {
  let separator = '[';
  for (const row of rows) {
    yield `${separator}${line}  ${toJson(row).replaceAll('\n', `${line}  `)}`;
    separator = ',';
  }
  yield separator === '[' ? '[]' : `${line}]`;
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Whether a value parsed from JSON is an object, whose fields may be asked for. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
