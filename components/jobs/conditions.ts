import type { V1Job } from "@kubernetes/client-node";

/** A Job's condition of a type, where it holds. */
export const hasCondition = ({ status }: V1Job, type: "Complete" | "Failed") =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
