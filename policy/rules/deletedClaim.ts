import { settingOf } from "../settings";
import { objectPolicy } from "../violation";

const retentionPolicy = "persistentVolumeClaimRetentionPolicy";

export const deletedClaim = objectPolicy({
  name: "deleted-claim",
  description: "Claims that Kubernetes deletes with a StatefulSet, or with fewer replicas, take their data with them.",
  find: (object) => {
    if (object.kind !== "apps/StatefulSet") return [];
    return ["whenDeleted", "whenScaled"]
      .map((when) => ({ when, field: object.fields.get("spec", retentionPolicy, when) }))
      .filter(({ field }) => field.value === "Delete")
      .map(({ when, field }) => ({
        field,
        allowed: "only Retain is allowed",
        setting: settingOf(
          object,
          `${retentionPolicy}.${when}`,
          `overrides.statefulSet.spec.${retentionPolicy}.${when}`,
        ),
      }));
  },
});
