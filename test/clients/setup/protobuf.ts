/** The length-delimited fields of a protobuf message, in order: number and bytes. Throws on any other kind of field. */
export function readFields(message: Buffer): { field: number; bytes: Buffer }[] {
  const fields: { field: number; bytes: Buffer }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) !== 2) throw new Error(`field ${tag >> 3} is not length-delimited`);
    const length = varint();
    fields.push({ field: tag >> 3, bytes: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

/** Text fields by number; of a repeated field all values. */
export function readTexts(message: Buffer): Record<number, string[]> {
  const texts: Record<number, string[]> = {};
  for (const { field, bytes } of readFields(message)) (texts[field] ??= []).push(bytes.toString("utf8"));
  return texts;
}
