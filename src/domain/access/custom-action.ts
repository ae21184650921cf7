/**
 * An answer that sends the caller elsewhere, status 300 (contract git-access 15): what a secondary site says of pushes
 * that belong to its primary. There are no sites here and no request comes to it; callers and renderer know the shape.
 */
export interface CustomAction {
  payload: { action: string; data: Record<string, unknown> };
  /** Shown to the person. */
  messages: readonly string[];
}
