import type { ResourceValidationPolicy } from "@pulumi/policy";
import type { Field } from "./field";
import { kubernetesObject, type KubernetesObject } from "./kubernetesObject";

/** What is wrong with a field of an object. */
export interface Violation {
  field: Field;
  /** What is allowed instead. */
  allowed: string;
  /** The setting that the field follows from. */
  setting: string | undefined;
}

/** What a message shows of a value. */
const shown = ({ isSet, value }: Field) => (isSet ? JSON.stringify(value) : "not set");

const message = ({ title }: KubernetesObject, { field, allowed, setting }: Violation) =>
  `${title}: ${field.path} is ${shown(field)}; ${allowed}.${setting === undefined ? "" : ` Change ${setting}.`}`;

interface Rule<Config> {
  name: string;
  /** Why the organisation wants it. */
  description: string;
  configSchema?: ResourceValidationPolicy["configSchema"];
  find: (object: KubernetesObject, config: Config) => Violation[];
}

/** A policy that looks at one Kubernetes object at a time. */
export function objectPolicy<Config extends object>({ find, ...policy }: Rule<Config>): ResourceValidationPolicy {
  return {
    ...policy,
    validateResource: (args, report) => {
      const object = kubernetesObject(args);
      if (object === undefined) return;
      for (const violation of find(object, args.getConfig<Config>())) report(message(object, violation));
    },
  };
}
