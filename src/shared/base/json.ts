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
