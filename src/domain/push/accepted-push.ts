import type { CloneUrls } from "../access/effects.ts";
import type { PushOptions } from "./push-options.ts";

/** A push that `/post_receive` took on: it will be processed, whatever fails on the way. */
export interface AcceptedPush {
  /** UUID, made when it was accepted; every effect is keyed by it. */
  id: string;
  /** As it was received. */
  glRepository: string;
  /** `user-N`, `key-N`, or what else was sent. */
  identifier: string;
  /** Lines `oldrev newrev ref`, decoded (ref-changes.ts). */
  changes: string;
  /** With what Gitaly's client context adds to them. */
  options: PushOptions;
  /** Addresses as the caller of `/post_receive` knows them: webhooks tell them, and a job has no request to read them from. */
  urls: CloneUrls;
  /** Milliseconds since 1970-01-01 UTC. */
  acceptedAt: number;
  /** It was not put in line when it was accepted, and others may have come before it. */
  isLate?: true;
}
