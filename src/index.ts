import { app } from "./app.ts";
import { consume } from "./queue/consumer.ts";

export { ReferenceCounter } from "./counter/reference-counter.ts";

export default {
  fetch: app.fetch,
  queue: (batch) => consume(batch),
} satisfies ExportedHandler<Env>;
