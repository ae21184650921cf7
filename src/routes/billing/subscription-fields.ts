import * as v from "valibot";
import { trialExtensionTypes, type SentTerms } from "../../domain/billing/subscription.ts";
import { notInList } from "../../http/fields.ts";
import { nullableBoolean, nullableDate, nullableInteger, unquotedText } from "./fields.ts";

/** Null, or one of the types that there are. */
function extensionType() {
  return v.pipe(
    nullableInteger(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      if (dataset.value === null) return null;
      const known = trialExtensionTypes.find((type) => type === dataset.value);
      if (known === undefined) addIssue({ message: notInList });
      return known ?? NEVER;
    }),
  );
}

/** What may be sent of a subscription (contract customers 3.1). */
export const subscriptionFields = {
  start_date: v.optional(nullableDate()),
  end_date: v.optional(nullableDate()),
  plan_code: v.optional(unquotedText()),
  /** The same where `plan_code` is not sent. */
  plan: v.optional(unquotedText()),
  seats: v.optional(nullableInteger()),
  max_seats_used: v.optional(nullableInteger()),
  auto_renew: v.optional(nullableBoolean()),
  trial: v.optional(nullableBoolean()),
  trial_starts_on: v.optional(nullableDate()),
  trial_ends_on: v.optional(nullableDate()),
  trial_extension_type: v.optional(extensionType()),
};

const Fields = v.object(subscriptionFields);

export function toSentTerms(params: v.InferOutput<typeof Fields>): SentTerms {
  return {
    planCode: params.plan_code === undefined ? params.plan : params.plan_code,
    seats: params.seats,
    startDate: params.start_date,
    endDate: params.end_date,
    autoRenew: params.auto_renew,
    isTrial: params.trial,
    trialStartsOn: params.trial_starts_on,
    trialEndsOn: params.trial_ends_on,
    trialExtensionType: params.trial_extension_type,
    maxSeatsUsed: params.max_seats_used,
  };
}
