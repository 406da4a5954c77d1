import { settingOf } from "../settings";
import { objectPolicy } from "../violation";

export const claimWithoutClass = objectPolicy({
  name: "claim-without-class",
  description:
    "A claim without a class gets the default class of the cluster, which differs between clusters, and with it what happens to the data.",
  find: (object) => {
    if (object.isPatch) return [];
    const claims =
      object.kind === "core/PersistentVolumeClaim"
        ? [object.fields]
        : object.kind === "apps/StatefulSet"
          ? object.fields.get("spec", "volumeClaimTemplates").items()
          : [];
    return claims
      .map((claim) => ({ field: claim.get("spec", "storageClassName"), volume: claim.get("metadata", "name").text }))
      .filter(({ field }) => !field.isSet)
      .map(({ field, volume }) => ({
        field,
        allowed: "a claim must name its StorageClass",
        setting: settingOf(object, `claims.${volume ?? "VOLUME"}.storageClassName`, "storageClassName"),
      }));
  },
});
