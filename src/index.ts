import { app } from "./app.ts";
import { consume } from "./queue/consumer.ts";
import { forgetOldDecisions } from "./schedule/forget-decisions.ts";

export { ReferenceCounter } from "./counter/reference-counter.ts";

export default {
  fetch: app.fetch,
  queue: (batch) => consume(batch),
  scheduled: (controller, env) => forgetOldDecisions(env, new Date(controller.scheduledTime)),
} satisfies ExportedHandler<Env>;
