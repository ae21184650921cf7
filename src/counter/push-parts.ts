/**
 * A push on its way to and from its repository's object, as bytes: text with a single character beyond Latin-1 would take
 * two bytes for each, and a call carries 32 MiB.
 */
export interface PackedPush {
  id: string;
  glRepository: string;
  /** JSON, UTF-8: all but the changes. */
  header: Uint8Array;
  /** UTF-8. */
  changes: Uint8Array;
}

type Name = "header" | "changes";

/** SQLite takes 2 MB a value. */
const partBytes = 1_000_000;

export function createPartsTable(sql: SqlStorage): void {
  sql.exec(`
    create table if not exists push_parts (
      number integer not null, name text not null, part integer not null, bytes blob not null,
      primary key (number, name, part)) without rowid`);
}

export function writeParts(sql: SqlStorage, number: number, push: PackedPush): void {
  for (const name of ["header", "changes"] as const) {
    for (let part = 0; part * partBytes < push[name].length; part += 1) {
      const bytes = push[name].slice(part * partBytes, (part + 1) * partBytes);
      sql.exec("insert into push_parts (number, name, part, bytes) values (?, ?, ?, ?)", number, name, part, bytes.buffer);
    }
  }
}

export function readPart(sql: SqlStorage, number: number, name: Name): Uint8Array {
  const rows = sql.exec<{ bytes: ArrayBuffer }>("select bytes from push_parts where number = ? and name = ? order by part", number, name);
  return new Uint8Array(Buffer.concat([...rows].map(({ bytes }) => new Uint8Array(bytes))));
}

export function deleteParts(sql: SqlStorage, number: number): void {
  sql.exec("delete from push_parts where number = ?", number);
}
