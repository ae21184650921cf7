import type { Db } from "./client.ts";
import { isForeignKeyViolation } from "./constraint.ts";
import { creditCardValidations } from "./schema/index.ts";

export type CreditCardValidation = typeof creditCardValidations.$inferInsert;

/** Keeps the last validation of a user's card, in the place of a former one; false where there is no such user any more. */
export async function saveCreditCardValidation(db: Db, validation: CreditCardValidation): Promise<boolean> {
  const { userId, ...changes } = validation;
  try {
    await db.query
      .insert(creditCardValidations)
      .values({ userId, ...changes })
      .onConflictDoUpdate({ target: creditCardValidations.userId, set: changes });
    return true;
  } catch (error) {
    if (isForeignKeyViolation(error)) return false;
    throw error;
  }
}
