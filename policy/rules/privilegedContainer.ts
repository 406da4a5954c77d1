import { settingOfContainer } from "../settings";
import { objectPolicy } from "../violation";
import { containersOf } from "../workloads";

/** Capabilities that make a container as good as privileged. */
const adminCapabilities = ["ALL", "SYS_ADMIN"];

const isAdmin = (capability: unknown) =>
  typeof capability === "string" && adminCapabilities.includes(capability.toUpperCase().replace(/^CAP_/, ""));

export const privilegedContainer = objectPolicy({
  name: "privileged-container",
  description: "A container with the rights of its node can read the data of every other pod on the node.",
  find: (object) =>
    containersOf(object).flatMap((container) => {
      const context = container.field.get("securityContext");
      const setting = (name: string) => settingOfContainer(object, container, `securityContext.${name}`);
      const flags = ["privileged", "allowPrivilegeEscalation"]
        .filter((name) => context.get(name).value === true)
        .map((name) => ({ field: context.get(name), allowed: "only false is allowed", setting: setting(name) }));
      const added = context
        .get("capabilities", "add")
        .items()
        .filter(({ value }) => isAdmin(value))
        .map((field) => ({
          field,
          allowed: `a container is not allowed to have the capabilities ${adminCapabilities.join(" and ")}`,
          setting: setting("capabilities.add"),
        }));
      return [...flags, ...added];
    }),
});
