import { app } from "./app.ts";
import { consume } from "./queue/consumer.ts";
import { runHourly } from "./schedule/hourly.ts";

export { ReferenceCounter } from "./counter/reference-counter.ts";

export default {
  fetch: app.fetch,
  queue: (batch, env) => consume(batch, env),
  scheduled: (controller, env) => runHourly(env, new Date(controller.scheduledTime)),
} satisfies ExportedHandler<Env>;
