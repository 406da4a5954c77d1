import type { AppSettings } from "./app";
import { mountsOf } from "./mounts";
import { configKey } from "./values";

/** A ConfigMap or a Secret, or one key of it, that an app reads, with the path of the setting that says so. */
export interface Reference {
  kind: "configMaps" | "secrets";
  name: string;
  key?: string;
  path: (string | number)[];
  /** The path of the object's name. */
  namePath: (string | number)[];
  /** Whether pods start without it. */
  isOptional: boolean;
  /** Whether it becomes environment variables, and not files. */
  isVariable: boolean;
}

/** What can read ConfigMaps and Secrets: an app or a job. */
export type Reader = Pick<
  AppSettings,
  "env" | "envFrom" | "volumes" | "initContainers" | "containers" | "podAnnotations"
>;

type Readers = Record<string, Reader>;

/** An app with its jobs and its CronJobs. */
export type App = Reader & { jobs?: Record<string, Readers | undefined>; cronJobs?: Readers };

type Path = Reference["path"];

export function references({ env = {}, envFrom, volumes = {}, initContainers, containers }: Reader): Reference[] {
  return [
    ...Object.entries(env).flatMap(([variable, { valueFrom }]) => ofVariable(valueFrom, ["env", variable])),
    ...ofEnvFrom(envFrom, ["envFrom"]),
    ...Object.entries(volumes).flatMap(([volume, source]) => {
      const isShared = [...listOf(initContainers), ...listOf(containers)].some(({ volumeMounts }) =>
        listOf(volumeMounts).some(({ name }) => name === volume),
      );
      return ofVolume(source, ["volumes", volume]).flatMap((all) => (isShared ? [all] : ofSubPaths(all, source)));
    }),
    ...ofContainers(initContainers, ["initContainers"]),
    ...ofContainers(containers, ["containers"]),
  ];
}

/** The containers beside that of the app. */
function ofContainers(containers: unknown, path: Path): Reference[] {
  return listOf(containers).flatMap(({ env, envFrom }, i) => [
    ...listOf(env).flatMap(({ valueFrom }, j) => ofVariable(valueFrom, [...path, i, "env", j])),
    ...ofEnvFrom(envFrom, [...path, i, "envFrom"]),
  ]);
}

function ofVariable(valueFrom: unknown, path: Path): Reference[] {
  const { configMapKeyRef, secretKeyRef } = fieldsOf(valueFrom);
  return [
    ...ofObject("configMaps", configMapKeyRef, [...path, "valueFrom", "configMapKeyRef"]),
    ...ofObject("secrets", secretKeyRef, [...path, "valueFrom", "secretKeyRef"]),
  ].map(asVariable);
}

function ofEnvFrom(envFrom: unknown, path: Path): Reference[] {
  return listOf(envFrom)
    .flatMap(({ configMapRef, secretRef }, i) => [
      ...ofObject("configMaps", configMapRef, [...path, i, "configMapRef"]),
      ...ofObject("secrets", secretRef, [...path, i, "secretRef"]),
    ])
    .map(asVariable);
}

const asVariable = (reference: Reference) => ({ ...reference, isVariable: true });

function ofVolume({ configMap, secret, projected }: Fields, path: Path): Reference[] {
  return [
    ...ofObject("configMaps", configMap, [...path, "configMap"]),
    ...ofObject("secrets", secret, [...path, "secret"]),
    ...listOf(fieldsOf(projected).sources).flatMap(({ configMap, secret }, i) => [
      ...ofObject("configMaps", configMap, [...path, "projected", "sources", i, "configMap"]),
      ...ofObject("secrets", secret, [...path, "projected", "sources", i, "secret"]),
    ]),
  ];
}

/** A reference to all keys of an object, as one to each key that is mounted, if all mounts have a `subPath`. */
function ofSubPaths(reference: Reference, volume: Fields): Reference[] {
  const mounts = mountsOf(volume);
  const keys = mounts.flatMap(({ subPath }) => configKey().safeParse(subPath).data ?? []);
  const isWhole = keys.length < mounts.length || keys.length === 0;
  if (reference.key !== undefined || volume.projected !== undefined || isWhole) return [reference];
  const path = reference.path.slice(0, -1);
  return keys.map((key, i) => ({
    ...reference,
    key,
    path: [...path, ...(volume.mountPath === undefined ? ["mounts", i] : []), "subPath"],
  }));
}

/** A reference to an object: to one key of it, to the keys of its `items`, or to all of them. */
function ofObject(kind: Reference["kind"], given: unknown, path: Path): Reference[] {
  const { name: ownName, secretName, key, items, optional } = fieldsOf(given);
  const name = textOf(ownName) ?? textOf(secretName);
  if (name === undefined) return [];
  const namePath = [...path, name === ownName ? "name" : "secretName"];
  const reference = { kind, name, isOptional: optional === true, isVariable: false, path, namePath };
  const keys = listOf(items).flatMap(({ key }, i) => {
    const text = textOf(key);
    return text === undefined ? [] : [{ ...reference, key: text, path: [...path, "items", i] }];
  });
  return keys.length > 0 ? keys : [{ ...reference, key: textOf(key) }];
}

/** The keys that are read of an object; undefined if it is all of them. */
export function keysRead(reader: Reader, kind: Reference["kind"], name: string): string[] | undefined {
  const read = references(reader).filter((reference) => reference.kind === kind && reference.name === name);
  const keys = read.flatMap(({ key }) => key ?? []);
  return keys.length === read.length ? keys : undefined;
}

/** An app, of which the app itself, each of its jobs and each of its CronJobs is changed. */
export function withReaders<A extends App>(app: A, change: <R extends Reader>(reader: R) => R): A {
  const ofList = (list: Readers = {}) =>
    Object.fromEntries(Object.entries(list).map(([name, job]) => [name, change(job)]));
  const jobs = Object.entries(app.jobs ?? {}).map(([when, list]) => [when, ofList(list)] as const);
  return { ...change(app), jobs: Object.fromEntries(jobs), cronJobs: ofList(app.cronJobs) };
}

/** A copy of what refers to ConfigMaps and Secrets, with other names for them. An undefined name changes nothing. */
export function renamed<R extends Reader>(reader: R, nameOf: (reference: Reference) => unknown): R {
  const copy = structuredClone(reader);
  for (const reference of references(reader)) {
    const name = nameOf(reference);
    if (name !== undefined) put(copy, reference.namePath, name);
  }
  return copy;
}

function put(target: unknown, path: Path, value: unknown): void {
  const [first = "", ...rest] = path;
  const fields = target as Record<string | number, unknown>;
  if (rest.length === 0) fields[first] = value;
  else put(fields[first], rest, value);
}

/*
 * Fields that are Kubernetes' own are passed on without a check: they can have any form.
 */

type Fields = Record<string, unknown>;

const fieldsOf = (given: unknown): Fields => (typeof given === "object" && given !== null ? (given as Fields) : {});

const listOf = (given: unknown): Fields[] => (Array.isArray(given) ? given.map(fieldsOf) : []);

const textOf = (given: unknown): string | undefined => (typeof given === "string" && given !== "" ? given : undefined);
