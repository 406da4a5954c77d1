import type { z } from "zod";
import { statefulApp } from "./app";
import type { RedisStoreArgs, StatefulAppArgs } from "./args";
import { inOrder } from "./byName";
import { checkApp } from "./checkApp";
import { checkStoreOverrides } from "./checkOverrides";
import { checkBySchema, type Mistake } from "./mistakes";
import { maxAppNameLength } from "./names";
import { redisStore } from "./store";
import { argsError } from "./userError";
import { serviceName } from "./values";

/** Arguments in which every setting that has a default is there. */
type WithDefaults<Args, Settings> = Args & {
  [Key in keyof Args & RequiredKeys<Settings>]-?: NonNullable<Args[Key]>;
};
type RequiredKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? never : Key }[keyof T];

export type CheckedAppArgs = WithDefaults<StatefulAppArgs, z.output<typeof statefulApp>>;
export type CheckedStoreArgs = WithDefaults<RedisStoreArgs, z.output<typeof redisStore>>;

/** An app's arguments with defaults. Throws one error that lists every mistake. */
export function checkedAppArgs(name: string, args: StatefulAppArgs): CheckedAppArgs {
  const { data, mistakes } = checkBySchema(statefulApp, inOrder(args));
  refuse(`StatefulApp ${name}`, [...checkName(name), ...mistakes, ...(data ? checkApp(name, data) : [])]);
  // The outputs among the arguments are still there, which the type of `data` does not say.
  return data as CheckedAppArgs;
}

/** A store's arguments with defaults. Throws one error that lists every mistake. */
export function checkedStoreArgs(name: string, args: RedisStoreArgs): CheckedStoreArgs {
  const { data, mistakes } = checkBySchema(redisStore, inOrder(args));
  refuse(`RedisStore ${name}`, [...checkName(name), ...mistakes, ...(data ? checkStoreOverrides(data) : [])]);
  return data as CheckedStoreArgs;
}

/** Objects are named after the component. */
const checkName = (name: string) =>
  checkBySchema(serviceName(maxAppNameLength), name).mistakes.map((mistake) => ({ ...mistake, path: ["name"] }));

function refuse(component: string, mistakes: Mistake[]): void {
  if (mistakes.length > 0) throw argsError(component, mistakes);
}
