import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

/** Whether D1 answers a question that reads no table, in time. Never throws. */
export async function answersWithin(db: Db, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const answer = db.query.run(sql`select 1`).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
