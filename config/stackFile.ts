import * as pulumi from "@pulumi/pulumi";
import type { YamlScalar } from "./yamlScalar";

/** Pulumi's name for the stack file of a stack. */
export const stackFileName = (stack: string) => `Pulumi.${stack}.yaml`;

/** A value that is neither a map nor a list, as Pulumi passes it to a program. */
export const passedScalar = (value: unknown) => String((value as YamlScalar["value"]) ?? "");

/** The full key of a name in the config of a stack file: `replicas` is `stateful-apps:replicas`. */
export const fullKey = (name: string, project = pulumi.getProject()) =>
  name.includes(":") ? name.replace(/^([^:]+):config:([^:]+)$/, "$1:$2") : `${project}:${name}`;
