import * as pulumi from "@pulumi/pulumi";
import { Document, visit } from "yaml";
import { readConfig } from "../../config";
import { NoCluster } from "../../live/noCluster";
import { hidden } from "../../schema/values";
import { isObject } from "../../stack/identity";
import { derivedValue, project, projectFileName, readStackConfig } from "./stackConfig";

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** What to render. */
export interface RenderOptions {
  stack: string;
  configFile: string;
  /** Shows secret values. Default: they are hidden. */
  passphrase?: string;
}

/** The order of the kinds: each object comes after those that it needs. */
const kinds = ["Namespace", "ServiceAccount", "ConfigMap", "Secret", "", "Service", "Job", "StatefulSet", "CronJob"];

/** The place of an object in that order, in which all other kinds have one place, and then by kind and name. */
function placeOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const index = kinds.indexOf(kinds.includes(kind) ? kind : "");
  return [index, kind, metadata.name, apiVersion].join(" ");
}

/** Runs the program without Pulumi's engine and without a cluster, and returns the objects that it declares. */
export async function render({ stack, configFile, passphrase }: RenderOptions): Promise<KubernetesObject[]> {
  const { values, secureKeys } = readStackConfig(configFile, passphrase);
  const objects: KubernetesObject[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const state = inputs as Record<string, unknown>;
        if (isObject(type)) objects.push(printable(state as unknown as KubernetesObject, passphrase));
        if (type === "pulumi:index:Stash") return { id: name, state: { output: remembered(name, state.input) } };
        if (type !== "random:index/randomPassword:RandomPassword") return { id: name, state };
        const id = `${project}-${stack}/${name}`;
        const result = passphrase === undefined ? hidden : derivedValue(passphrase, id, Number(state.length));
        return { id: name, state: { ...state, result } };
      },
      call: () => ({}),
    },
    project,
    stack,
    true,
    "organization",
  );
  pulumi.runtime.setAllConfig(values, secureKeys);
  const { default: program } = await import("../../index");
  await program(readConfig({ stackFile: configFile, projectFile: projectFileName }), new NoCluster());
  await pulumi.runtime.disconnect();
  // By name within a kind, because the order in which resources are registered varies.
  return objects.sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
}

/** The value that the state remembers. A rendering has no state, and therefore no identity. */
const remembered = (name: string, input: unknown) =>
  name === "identity" ? { ...(input as object), id: undefined } : input;

/** Without annotations for Pulumi's provider, and without secret values if they are hidden. */
function printable(object: KubernetesObject, passphrase: string | undefined): KubernetesObject {
  const { apiVersion, kind, metadata, data, ...rest } = object;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !name.startsWith("pulumi.com/"));
  const plain = (pulumi.runtime.isRpcSecret(data) ? pulumi.runtime.unwrapRpcSecret(data) : data) as typeof data;
  const isHidden = kind === "Secret" && passphrase === undefined;
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: annotations.length > 0 ? Object.fromEntries(annotations) : undefined },
    data: isHidden ? Object.fromEntries(Object.keys(plain ?? {}).map((key) => [key, hidden])) : plain,
    ...rest,
  };
}

export function toYaml(objects: KubernetesObject[]): string {
  // Kubernetes reads YAML 1.1, in which a bare `yes` is not text.
  const options = { aliasDuplicateObjects: false, version: "1.1" } as const;
  return objects.map((object) => `---\n${escaped(new Document(object, options))}`).join("");
}

/** Characters that kubectl refuses in YAML, or takes for line breaks, unless they are escaped. */
const special = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Text that is only safe in quotes: it has such characters, or white space that would be lost. */
const needsQuotes = (text: string) => text.search(special) !== -1 || /^[ \t\n]|[ \t](\n|$)/.test(text);

function escaped(document: Document): string {
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && needsQuotes(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return document.toString({ lineWidth: 0 }).replace(special, escape);
}
