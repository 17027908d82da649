/** As much of the protobuf wire format as an ONNX model needs: varints, floats and length-delimited fields. */

export type Field = Buffer;

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

export const int = (field: number, value: number | bigint): Field =>
  Buffer.concat([varint(field << 3), varint(value)]);

export function float(field: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
}

export function bytes(field: number, value: string | Buffer): Field {
  const own = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((field << 3) | 2), varint(own.length), own]);
}

export const message = (field: number, parts: readonly Field[]): Field =>
  bytes(field, Buffer.concat(parts));
