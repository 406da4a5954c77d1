import type { KubernetesObject } from "./kubernetesObject";
import type { Container } from "./workloads";

/** The app or the store that an object belongs to, by the component that created the object. */
function componentOf({ urn, parent = "" }: KubernetesObject) {
  const [, type, name = ""] = /[:$]stateful-apps:index:(StatefulApp|RedisStore)::(.+)$/.exec(parent) ?? [];
  if (type === undefined) return undefined;
  const isApp = type === "StatefulApp";
  return { isApp, name, key: `${projectOf(urn)}:${isApp ? "apps" : "stores"}.${name}` };
}

/** A URN is urn:pulumi:STACK::PROJECT::TYPE::NAME. */
const projectOf = (urn: string) => urn.split("::")[1] ?? "";
const nameOf = (urn: string) => urn.split("::").slice(3).join("::");

/** The setting with the objects that a stack has beside its apps and stores; undefined if the object is not one of them. */
function objectsSetting({ fields, urn }: KubernetesObject): string | undefined {
  const name = fields.get("metadata", "name").text ?? "";
  return nameOf(urn) === `object-${name}` ? `${projectOf(urn)}:objects` : undefined;
}

/**
 * The key of the setting that a field of an object follows from. `ofApp` is its name among the settings of an app, and
 * `ofStore` among those of a store. Undefined if the object is not of this program.
 */
export function settingOf(object: KubernetesObject, ofApp: string, ofStore = ofApp): string | undefined {
  const component = componentOf(object);
  return component ? `${component.key}.${component.isApp ? ofApp : ofStore}` : objectsSetting(object);
}

/** The same for a field of a container. */
export function settingOfContainer(
  object: KubernetesObject,
  { list, isFirst }: Container,
  name: string,
  ofStore?: string,
): string | undefined {
  const component = componentOf(object);
  if (component?.isApp && object.kind === "batch/Job")
    return `${component.key}.jobs or ${component.key}.connectionTest`;
  if (component?.isApp && object.kind === "batch/CronJob") {
    return `${component.key}.cronJobs.${nameOf(object.urn).slice(`${component.name}-`.length)}.${name}`;
  }
  return isFirst ? settingOf(object, name, ofStore) : settingOf(object, list, "overrides.pod");
}
