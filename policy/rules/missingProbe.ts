import { settingOfContainer } from "../settings";
import { objectPolicy } from "../violation";
import { containersOf, isService } from "../workloads";

const probes = ["readinessProbe", "livenessProbe"];

export const missingProbe = objectPolicy({
  name: "missing-probe",
  description:
    "Without a readiness probe, a pod gets requests before it can answer; without a liveness probe, a program that hangs is not restarted.",
  find: (object) => {
    if (object.isPatch || !isService(object)) return [];
    return containersOf(object)
      .filter(({ isLasting }) => isLasting)
      .flatMap((container) =>
        probes
          .filter((probe) => !container.field.get(probe).isSet)
          .map((probe) => ({
            field: container.field.get(probe),
            allowed: `each container must have a ${probe}`,
            setting: settingOfContainer(object, container, probe, `overrides.container.${probe}`),
          })),
      );
  },
});
